"""The triggers of callbacks, and the key of the body in the callback of each trigger."""

BODY_KEYS = {
    "MESSAGE_INBOUND": "message",
    "MESSAGE_SUBMIT": "message_submit_notification",
    "MESSAGE_DELIVERY": "message_delivery_report",
    "EVENT_INBOUND": "event",
    "EVENT_DELIVERY": "event_delivery_report",
    "CONVERSATION_START": "conversation_start_notification",
    "CONVERSATION_STOP": "conversation_stop_notification",
    "CONVERSATION_DELETE": "conversation_delete_notification",
    "CONTACT_CREATE": "contact_create_notification",
    "CONTACT_DELETE": "contact_delete_notification",
    "CONTACT_UPDATE": "contact_update_notification",
    "CONTACT_MERGE": "contact_merge_notification",
    "CONTACT_IDENTITIES_DUPLICATION": "duplicated_contact_identities_notification",
    "CAPABILITY": "capability_notification",
    "OPT_IN": "opt_in_notification",
    "OPT_OUT": "opt_out_notification",
    "CHANNEL_EVENT": "channel_event_notification",
    "UNSUPPORTED": "unsupported_callback",
    "SMART_CONVERSATION": "smart_conversation_notification",
    "MESSAGE_INBOUND_SMART_CONVERSATION_REDACTION": "message_redaction",
    "RECORD_NOTIFICATION": "record_notification",
    "BATCH_STATUS_UPDATE": "batch_status_update_notification",
}
"""Maps each trigger to the key of the callback's body.

The trigger itself is not in the callback.
"""

OTHER_NAMES = {"SMART_CONVERSATION": "SMART_CONVERSATIONS"}
"""Triggers whose names differ between the API's pages and its client libraries."""

TRIGGERS = (*BODY_KEYS, *OTHER_NAMES.values())
"""The triggers for which a webhook may be registered."""
