"""Finds errors in a subclass of Keywords when the subclass is loaded."""

import inspect
from collections.abc import Iterator
from typing import Any

from bot.flow.keywords import Keywords, Word
from bot.flow.opening_hours import Hours
from bot.flow.places import place_of
from bot.parse.answer import is_async


def errors(words: type[Keywords]) -> Iterator[str]:
    """Yield the errors of a subclass of Keywords, each as one line with file, attribute, error and
    what to do.
    """
    for name, value in vars(words).items():
        inherited = any(name in vars(base) for base in words.__mro__[1:])
        if isinstance(value, Word) and not (value.words or inherited):
            error = f"this method has no keywords. Name them: @keyword({name!r})."
        else:
            error = _error(name, value)
        if error:
            yield f"{place_of(words, name)}: {words.__name__}.{name}: {error}"


def _error(name: str, value: Any) -> str:
    if name == "handoff_hours" and not isinstance(value, Hours | None):
        return (
            f"the value is {value!r}; it must be opening hours: Hours('Mon-Fri 08:00-17:00',"
            " zone='Europe/Stockholm')."
        )
    if name == "change":
        is_listed = isinstance(value, tuple | list | set | frozenset)
        if not is_listed or not all(isinstance(each, str) for each in value):
            return f"the value is {value!r}; it must be a tuple of words: ('change', 'edit')."
    reply = vars(Keywords).get(name)
    if not inspect.isfunction(reply) or name.startswith("_") or isinstance(value, Word):
        return ""
    return _reply_error(reply, value)


def _reply_error(reply: Any, value: Any) -> str:
    """Return the error in `value`, which overrides the method `reply` of Keywords; "" if valid."""
    named = ", ".join(inspect.signature(reply).parameters)
    form = f"def {reply.__name__}({named})"
    if isinstance(value, staticmethod | classmethod) or not callable(value):
        return f"the value is {value!r}; it must be a method: {form}."
    if is_async(value):
        return f"this method is async, and nothing awaits it. Write {form}, without async."
    if inspect.isgeneratorfunction(value) or inspect.isasyncgenfunction(value):
        return (
            "this method has a `yield`, so calling it runs nothing. Send messages by turn.say(…)."
        )
    count = len(inspect.signature(reply).parameters)
    try:
        inspect.signature(value).bind(*[None] * count)
    except TypeError:
        given = ", ".join(inspect.signature(value).parameters)
        return f"this method is called with ({named}), but takes ({given}). Write {form}."
    return ""
