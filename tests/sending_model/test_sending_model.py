"""The bot sends what the model of "When messages are sent" predicts.

`python -m tests.sending_model` is the long form.
"""

import pytest

from bot.contact import quiet_hours
from bot.turn import messaging_window
from tests.sending_model.walk import Walk

SEEDS = (1, 2)
STEPS = 400
MAX_STEPS_TO_FIND = 3000

PLANTED = {
    "quiet_hours_although_the_contact_has_just_written": (quiet_hours, "AWAKE_S", 0.0),
    "quiet_hours_long_after_the_contact_has_written": (quiet_hours, "AWAKE_S", 20_000.0),
    "window_closes_early": (messaging_window, "MARGIN_S", 8_000.0),
}


@pytest.mark.parametrize("seed", SEEDS)
async def test_bot_sends_what_the_model_predicts(redis_url: str, seed: int) -> None:
    walk = Walk(redis_url, seed)
    found = await walk.run(STEPS)

    assert walk.steps >= STEPS
    assert found is None, str(found)


@pytest.mark.parametrize("name", PLANTED)
async def test_planted_error_is_found(
    redis_url: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*PLANTED[name])

    assert await Walk(redis_url, 1).run(MAX_STEPS_TO_FIND, is_shortened=False)
