"""`bot send`: sends a text or template to one contact, or starts a flow."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from bot.client import Client, Contact
from bot.clock import SystemClock, new_ulid
from bot.contact.address import is_user_id
from bot.conversation_api.recipients import Recipients, address_of
from bot.flow.load import Flows, load_flows
from bot.i18n.printable import echo
from bot.items.inbound import SayText
from bot.messages import Text
from bot.messages.channel_limits import check
from bot.ops import purposes
from bot.ops.broadcast import NO_PART, Part, Payload
from bot.ops.common import OperationError, open_api, open_store
from bot.ops.contact_lookup import find_contact
from bot.ops.csv_rows import Data
from bot.settings import Settings
from bot.store import Store


@dataclass(frozen=True, slots=True)
class SaidText:
    """A text to send."""

    text: str
    purpose: str = ""

    def __str__(self) -> str:
        return "text"

    def checked_with(self, flows: Flows) -> Callable[[Data], str]:
        return lambda data: "; ".join(check(Text(self.text)))

    def require_purpose(self, settings: Settings, flows: Flows) -> None:
        purposes.require(self.purpose, settings, flows)

    async def put(
        self, bot_client: Client, contact: Contact, data: Data, id: str, part: Part = NO_PART
    ) -> bool:
        return await purposes.put(bot_client, contact, SayText(self.text), self.purpose, id)


async def send(settings: Settings, what: Payload, name: str, data: str, id: str) -> None:
    """Put `what` into the inbox of the contact with this name.

    Raises:
        OperationError: the contact's name or the data cannot be used.
        BotError: `what` cannot be sent to this contact.
    """
    settings.require("project_id", "app_id", "key_id", "key_secret")
    flows = load_flows(settings.flows)
    what.require_purpose(settings, flows)
    values = json_object(data)
    if wrong := what.checked_with(flows)(values):
        end = "" if wrong.endswith(("?", ".")) else "."
        raise OperationError(f"It can't be sent: {wrong}{end}")
    clock = SystemClock()
    async with open_store(settings) as store, open_api(settings, clock) as api:
        contact = await _contact(store, name, Recipients(store, api, settings, clock))
        bot_client = Client(store, flows, clock, new_ulid)
        is_new = await what.put(bot_client, contact, values, id)
    echo(
        "Queued. A worker will send it."
        if is_new
        else "This request was queued before. Nothing is sent again."
    )


async def _contact(store: Store, name: str, recipients: Recipients) -> Contact:
    if name.removeprefix("+").isdecimal() or is_user_id(name):
        return (await find_contact(store, name))[0]
    try:
        address = address_of(name)
    except ValueError as error:
        raise OperationError(f"The contact can't be used: {error}.") from error
    return await recipients.find(address)


def json_object(text: str) -> Data:
    """Return the JSON object that an operator has given as `--data`; {} if there is none.

    Raises:
        OperationError: the text is no JSON object.
    """
    try:
        found: dict[str, Any] = msgspec.json.decode(text or "{}", type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise OperationError(f"--data takes a JSON object: {error}.") from error
    return found
