"""The engine does what the reference model of "How a conversation works" predicts.

`python -m tests.model` is the long form.
"""

import pytest

from tests.model.campaign import Campaign
from tests.model.planted import PLANTED

SEEDS = (1, 2, 3)
STEPS = 1000
MAX_STEPS_TO_FIND = 2500
QUICKLY_FOUND = ("event_ignores_key", "only_the_active_run_decides_on_interruption")


@pytest.mark.parametrize("seed", SEEDS)
async def test_engine_does_what_the_model_predicts(redis_url: str, seed: int) -> None:
    tally = await Campaign(redis_url, seed).run(STEPS)

    assert tally.steps >= STEPS
    assert not tally.found, str(tally.found[0])


@pytest.mark.parametrize("name", QUICKLY_FOUND)
async def test_a_planted_error_is_found(redis_url: str, name: str) -> None:
    with PLANTED[name]():
        tally = await Campaign(redis_url, 1, is_shortened=False).run(MAX_STEPS_TO_FIND)

    assert tally.found


@pytest.mark.parametrize("name", PLANTED)
def test_each_error_has_a_place_in_the_engine(name: str) -> None:
    with PLANTED[name]() as planted:
        assert planted
