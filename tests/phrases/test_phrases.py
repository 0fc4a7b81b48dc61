"""Each parser understands at least its share of the phrases, and returns no wrong value."""

import pytest

from tests.phrases.scoring import WRONG, outcomes, own_reader, share

REACHED = {
    "dates": 0.98,
    "times": 0.98,
    "integers": 0.98,
    "decimals": 0.97,
    "yes_no": 0.98,
    "choices": 0.98,
    "places": 0.95,
    "stop": 0.98,
    "auto_replies": 0.98,
}
"""The share of phrases that each parser has understood. A lower share is a regression."""


@pytest.mark.parametrize("kind", REACHED)
def test_parser_understands_its_share_of_phrases_and_none_wrongly(kind):
    found = list(outcomes(kind, own_reader(kind)))

    wrong = [(each.phrase["text"], each.result) for each in found if each.verdict == WRONG]
    assert wrong == []
    assert share(found) >= REACHED[kind]
