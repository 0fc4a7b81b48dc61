// The official Node SDK as a client of the emulator; prints what each call was answered, as JSON.
const { SinchClient, ConversationCallbackWebhooks } = require("@sinch/sdk-core");

const given = JSON.parse(process.argv[2]);
const client = new SinchClient({
  projectId: given.project_id,
  keyId: given.key_id,
  keySecret: given.key_secret,
  authHostname: given.url,
  conversationHostname: given.url,
});
const api = client.conversation;
const app_id = given.app_id;
const recipient = { identified_by: { channel_identities: [{ channel: "SMS", identity: "+46700000001" }] } };
const answers = {};

async function call(name, promise) {
  try {
    answers[name] = await promise;
  } catch (error) {
    answers[name] = { failed: String(error.data ?? error.message ?? error) };
  }
  return answers[name];
}

async function everyPage(list) {
  const found = [];
  for await (const each of list) found.push(each.id);
  return found;
}

const MESSAGES = {
  Text: { text_message: { text: "Hello" } },
  Media: { media_message: { url: "https://x.example/a.png" } },
  Choice: { choice_message: { text_message: { text: "Go?" }, choices: [{ text_message: { text: "Yes" }, postback_data: "y" }] } },
  Card: { card_message: { title: "Card", description: "D", height: "TALL" } },
  Carousel: { carousel_message: { cards: [{ title: "One" }, { title: "Two" }] } },
  Location: { location_message: { title: "Us", coordinates: { latitude: 1.5, longitude: 2.5 } } },
  List: { list_message: { title: "Menu", sections: [{ title: "Hot", items: [{ choice: { title: "Soup" } }] }] } },
  Template: { template_message: { omni_template: { template_id: "t", version: "1" } } },
  ContactInfo: { contact_info_message: { name: { full_name: "Ann" }, phone_numbers: [{ phone_number: "+46700000000" }] } },
};

async function talk() {
  const ids = [];
  for (const [kind, message] of Object.entries(MESSAGES)) {
    const body = { app_id, recipient, message, ttl: 60, message_metadata: kind };
    const sent = await call(`send${kind}Message`, api.messages[`send${kind}Message`]({ sendMessageRequestBody: body }));
    ids.push(sent.message_id);
  }
  await call("messages.list", everyPage(api.messages.list({ app_id, page_size: 4 })));
  await call("messages.get", api.messages.get({ message_id: ids[0] }));
  await call("messages.update", api.messages.update({ message_id: ids[0], updateMessageRequestBody: { metadata: "new" } }));
  await call("messages.delete", api.messages.delete({ message_id: ids[8] }));
  answers.ids = ids;

  const event = { app_id, recipient, event: { composing_event: {} } };
  const sent = await call("events.send", api.events.sendComposingEvent({ sendEventRequestBody: event }));
  await call("events.get", api.events.get({ event_id: sent.event_id }));

  const identity = { channel: "WHATSAPP", identity: "US.13491208655302741918" };
  const contact = await call("contact.create", api.contact.create({ contactCreateRequestBody: { channel_identities: [identity], language: "EN_GB" } }));
  const other = await call("contact.create.other", api.contact.create({ contactCreateRequestBody: { channel_identities: [{ channel: "SMS", identity: "+46700000009" }], language: "EN_GB" } }));
  await call("contact.update", api.contact.update({ contact_id: contact.id, updateContactRequestBody: { display_name: "Ada" } }));
  await call("contact.merge", api.contact.mergeContact({ destination_id: contact.id, mergeContactRequestBody: { source_id: other.id } }));
  await call("contact.list", everyPage(api.contact.list({ page_size: 1 })));
  const conversation = await call("conversation.create", api.conversation.create({ createConversationRequestBody: { app_id, contact_id: contact.id, active: true, metadata: "m", active_channel: "WHATSAPP" } }));
  await call("conversation.get", api.conversation.get({ conversation_id: conversation.id }));
  await call("conversation.list", everyPage(api.conversation.list({ app_id, only_active: true })));
  await call("conversation.stop", api.conversation.stopActive({ conversation_id: conversation.id }));
  await call("contact.delete", api.contact.delete({ contact_id: contact.id }));

  await call("app.get", api.app.get({ app_id }));
  await call("app.list", api.app.list({}));
  const webhook = await call("webhooks.create", api.webhooks.create({ webhookCreateRequestBody: { app_id, target: "https://bot.example/node", target_type: "HTTP", triggers: ["MESSAGE_INBOUND"], secret: "s" } }));
  await call("webhooks.update", api.webhooks.update({ webhook_id: webhook.id, webhookUpdateRequestBody: { app_id, target: "https://bot.example/node", triggers: ["MESSAGE_DELIVERY"] } }));
  await call("webhooks.list", api.webhooks.list({ app_id }));
  await call("webhooks.delete", api.webhooks.delete({ webhook_id: webhook.id }));
  await call("capability", api.capability.lookup({ lookupCapabilityRequestBody: { app_id, recipient, request_id: "r" } }));
  await call("transcode", api.transcoding.transcodeMessage({ transcodeMessageRequestBody: { app_id, app_message: MESSAGES.Choice, channels: ["SMS"], from: app_id, to: "+46700000001" } }));
  await call("messages.get.unknown", api.messages.get({ message_id: "01NONE" }));
}

// Whether the SDK takes a callback's signature, and the trigger it reads.
function read(callbacks) {
  const webhooks = new ConversationCallbackWebhooks("hush");
  return callbacks.map(({ headers, body }) => ({
    is_signed: webhooks.validateAuthenticationHeader(headers, body),
    trigger: webhooks.parseEvent(JSON.parse(body)).trigger,
  }));
}

(given.callbacks ? Promise.resolve(void (answers.read = read(given.callbacks))) : talk()).then(
  () => console.log(JSON.stringify(answers)),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
