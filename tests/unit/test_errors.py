"""The error tree is the one drawn at the top of its module, and errors carry what callers need."""

import re

from bot import errors
from bot.errors import BotError, MessageError, SendRejected, SendRetryable


def drawn() -> dict[str, str]:
    """The base class of each class, as the drawing has them."""
    above: list[str] = []
    tree: dict[str, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"^ {4}([│├└─ ]*)([A-Z]\w+)", line):
            depth = len(found[1]) // 4
            above[depth:] = [found[2]]
            tree[found[2]] = above[depth - 1] if depth else "Exception"
    return tree


def test_the_tree_is_as_drawn() -> None:
    defined = {
        name: kind.__bases__[0].__name__
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, BotError)
    }

    assert defined == drawn()


def test_a_message_error_lists_its_violations() -> None:
    fault = MessageError(["choice_message: 11 choices, at most 10", "text: empty"])

    assert fault.violations == ["choice_message: 11 choices, at most 10", "text: empty"]
    assert str(fault) == "choice_message: 11 choices, at most 10; text: empty"


def test_a_send_error_tells_status_and_reason() -> None:
    fault = SendRejected("refused", status=400, reason="INVALID_ARGUMENT")

    assert (str(fault), fault.status, fault.reason) == ("refused", 400, "INVALID_ARGUMENT")


def test_a_retryable_send_is_known_not_to_be_taken_unless_said_otherwise() -> None:
    plain = SendRetryable("no connection")
    asked = SendRetryable("busy", status=503, retry_after_s=2.5, outcome_known=False)

    assert (plain.status, plain.retry_after_s, plain.outcome_known) == (0, None, True)
    assert (asked.status, asked.retry_after_s, asked.outcome_known) == (503, 2.5, False)
