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
def test_the_parts_of_a_record_are_the_record_around_its_item(more):
    whole = TurnLogEntry(turn=3, at=1_800_000_000.25, item=msgspec.Raw(ITEM), **more)

    before, after = turn_log.parts(whole, whole=False)

    assert before + ITEM + after == turn_log.encode(whole)
    assert before == b'{"turn":3,"at":1800000000.25,"item":'
    assert turn_log.parts(whole, whole=True) == [turn_log.encode(whole)]
