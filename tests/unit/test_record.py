import msgspec
import pytest

from bot.items import turn_log
from bot.items.turn_log import Said, TurnLogEntry

ITEM = b'{"id": "MESSAGE_INBOUND:01M",  "callback": {"item":{"id":1}}}'


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"burst": [msgspec.Raw(ITEM)], "said": [Said("01T-0", {"text_message": {"text": "Hej"}})]},
        {"once": {"1:item": msgspec.Raw(ITEM)}, "finished": {"item": "rye"}},
    ],
)
def test_a_stored_record_is_read_as_it_was(more):
    record = TurnLogEntry(turn=3, at=1_800_000_000.25, item=msgspec.Raw(ITEM), **more)

    assert turn_log.decode(turn_log.encode(record)) == record


def test_each_record_is_compressed_alike():
    record = TurnLogEntry(turn=3, at=1_800_000_000.25, item=msgspec.Raw(ITEM))

    assert turn_log.encode(record) == turn_log.encode(record)


def test_a_stored_record_is_a_third_of_its_json():
    callback = (
        b'{"app_id":"01J0SANDB0XAPP000000000001","accepted_time":"2026-01-05T09:00:00.900Z",'
        b'"event_time":"2026-01-05T09:00:00.900Z","project_id":"5f0c8a3e-6d1b-4c39-9a57-2e8b1d4f",'
        b'"message":{"id":"01KE6P4ZG4000000000000008P","direction":"TO_APP","contact_message":'
        b'{"text_message":{"text":"12 High Street"},"reply_to":null},"channel_identity":'
        b'{"channel":"SMS","identity":"46700000001","app_id":""},"conversation_id":'
        b'"01KE6P4YM00000000000000005","contact_id":"01KE6P4YM00000000000000003","metadata":"",'
        b'"accept_time":"2026-01-05T09:00:00.900Z","sender_id":"447520650000","processing_mode":'
        b'"CONVERSATION","injected":false},"message_metadata":"","correlation_id":""}'
    )
    item = b'{"id":"MESSAGE_INBOUND:01KE6P4ZG4000000000000008P","at":1.5,"callback":%s}' % callback
    record = TurnLogEntry(turn=77, at=1_800_000_000.25, item=msgspec.Raw(item))

    assert len(turn_log.encode(record)) < len(item) / 3
