"""Calls of questions to other systems: async functions that offer options, and async parsers.

Calls have a time limit. Results are recorded like those of `turn.once`, so a rerun of a turn does
not repeat the calls.
"""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bot.errors import FlowError
from bot.flow.flow import dump_answer, load_answer
from bot.flow.places import short
from bot.flow.samples import sample
from bot.flow.states import Ask, Option, options_of
from bot.parse import Answer, NotUnderstood, Parser, apply
from bot.parse.answer import NotAwaited
from bot.turn.effects import TurnEffects

MAX_CALL_S = 10.0
"""Maximum duration of a call of a question's function or parser, in seconds."""


async def options(effects: TurnEffects, ask: Ask, data: Any, where: str) -> Mapping[str, Option]:
    """Return the options that a question's function offers now.

    Raises:
        FlowError: the result is not a mapping of options. The author's function may raise anything.
        TimeoutError: the call takes too long.
    """
    offer = ask.offer
    assert offer is not None, "a function returns the question's options"

    async def call() -> dict[str, Option]:
        if stand_in := effects.stand_ins.get(offer.options):
            return options_of(await _limited(stand_in, where, data), offer.to)
        services = {name: effects.services[name] for name in offer.wants}
        return options_of(await _limited(offer.options, where, data, **services), offer.to)

    found: dict[str, Option] = await _recorded(effects, call, where, ask.sample_options)
    return found


async def value(effects: TurnEffects, ask: Ask, answer: Answer, where: str) -> Any:
    """Return the value that a question's parser reads from an answer.

    The value of a secret is not recorded.

    Raises:
        NotUnderstood: the parser does not understand the answer. The author's function may raise
            anything else.
        TimeoutError: the call takes too long.
    """
    accept = ask.accept
    assert accept is not None, "the question has a parser"
    if not accept.is_call:
        return await _applied(accept, answer, where)
    if ask.secret:
        return await _limited(_applied, where, accept, answer, where)

    async def call() -> dict[str, Any]:
        try:
            found = await _limited(_applied, where, accept, answer, where)
        except NotUnderstood as error:
            return {"hint": error.hint}
        return {"value": dump_answer(accept, found)}

    def a_sample() -> dict[str, Any]:
        return {"value": dump_answer(accept, sample(accept.type))}

    found = await _recorded(effects, call, where, a_sample)
    if "hint" in found:
        raise NotUnderstood(found["hint"])
    return load_answer(accept, found["value"])


async def _applied(accept: Parser[Any], answer: Answer, where: str) -> Any:
    try:
        return await apply(accept, answer)
    except NotAwaited as error:
        code = getattr(error.function, "__code__", None)
        place = f" ({short(Path(code.co_filename))}:{code.co_firstlineno})" if code else ""
        raise FlowError(f"{where}{place}: {error}") from error


async def _recorded(
    effects: TurnEffects, call: Callable[[], Any], where: str, sample: Callable[[], Any]
) -> Any:
    """Call a function, or return its recorded result.

    If a flow is shown without a conversation, `sample` replaces the call.
    """
    call.__qualname__ = where
    call.sample = sample  # type: ignore[attr-defined]
    return await effects.once(call, (), {})


async def _limited(function: Callable[..., Any], where: str, *args: Any, **kwargs: Any) -> Any:
    try:
        async with asyncio.timeout(MAX_CALL_S):
            result = function(*args, **kwargs)
            return await result if inspect.isawaitable(result) else result
    except TimeoutError as error:
        raise TimeoutError(
            f"{where}: a function of the question took longer than {MAX_CALL_S:g} seconds. Make"
            " the function faster, or call it in a step before the question."
        ) from error
