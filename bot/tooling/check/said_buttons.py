"""Finds buttons in messages that are not questions, if no flow handles a tap on the button."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.flow.load import Flows
from bot.flow.places import short
from bot.tooling.check.findings import Finding, of_error
from bot.tooling.check.sources import Source
from bot.tooling.walked_messages import Walked


def said_buttons(flows: Flows, walked: Walked, sources: Sequence[Source]) -> Iterator[Finding]:
    """Yield the buttons on which no tap was handled in the conversations of `walked`.

    If there is a fallback flow or a recognizer, yield nothing, because they may handle any tap.
    """
    if flows.fallback is not None or flows.hooks.recognizer is not None:
        return
    for button, is_handled in walked.taps.items():
        if is_handled:
            continue
        flow = flows[button.flow].model.__name__
        _, file, line = button.origin
        has = f"the postback {button.postback!r}" if button.postback else "no postback"
        yield of_error(
            f"{short(Path(file))}:{line}: {flow}: nothing handles the button {button.label!r},"
            f" which has {has} and belongs to no question. Ask with choose(…), which also accepts"
            " the number of an option. Or set the button's postback to a word that starts a flow,"
            " or handle the button with @on('choice').",
            sources,
            "warning",
        )
