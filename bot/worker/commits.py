"""What is kept of a turn that has run: the commit, with its replies and its line in the log."""

import msgspec

from bot.contact import session
from bot.engine.engine import Engine
from bot.errors import FlowError
from bot.items import inbound, turn_log
from bot.items.outbound import entry_id
from bot.outbox.outbox import Outbox
from bot.settings import Settings
from bot.store import Commit, DueTimer
from bot.turn.effects import TurnEffects

_EVENT = "event:"
"""Before the names of scheduled events, which are timers in the store."""


class Commits:
    """Makes commits of turns."""

    def __init__(self, engine: Engine, outbox: Outbox, settings: Settings) -> None:
        self._engine = engine
        self._outbox = outbox
        self._settings = settings

    def of(
        self,
        effects: TurnEffects,
        turn_id: str,
        heard: list[bytes],
        *,
        is_hidden: bool,
        waited: bool,
    ) -> Commit:
        """The commit of a turn that has run on the items `heard`, as they may be kept.

        `is_hidden` says that these aren't as they were accepted, `waited` that there may have been
        several.

        Raises:
            FlowError: the session has become too large.
            MessageError: a reply can't be sent on the contact's channel.
        """
        if effects.event == "message":
            effects.session.apologized = False
        entries = self._outbox.entries(effects, turn_id)
        is_logged = self._settings.log_turns and _is_logged(effects)
        kept = None if effects.session.is_blank else session.encode(effects.session)
        if kept and len(kept) > self._settings.max_session_bytes:
            raise FlowError(
                f"The session has {len(kept)} bytes; the maximum is"
                f" {self._settings.max_session_bytes}. Keep less in the flow's data, in"
                f" {_in_words(effects)}."
            )
        return Commit(
            session=kept,
            handled=len(heard),
            outbox=entries,
            clear_outbox=effects.drop_unsent,
            end_hold=effects.event == "message",
            timers_set=[
                DueTimer(timer.name, at, inbound.of_timer(timer, at))
                for timer, at in effects.timers_set.items()
            ]
            + [
                DueTimer(_EVENT + name, due, inbound.of_schedule(event, due))
                for name, event in effects.events_set.items()
                for due in (effects.session.scheduled[name],)
            ],
            timers_cancelled=[timer.name for timer in effects.timers_cancelled]
            + [_EVENT + name for name in effects.events_cancelled],
            log=turn_log.parts(
                self._record(effects, turn_id, heard, waited=waited), whole=is_hidden
            )
            if is_logged
            else [],
        )

    def _record(
        self, effects: TurnEffects, turn_id: str, heard: list[bytes], *, waited: bool
    ) -> turn_log.TurnLogEntry:
        first, *rest = map(msgspec.Raw, heard)
        return turn_log.TurnLogEntry(
            turn=effects.session.turn,
            at=effects.at,
            item=first,
            burst=rest if waited else None,
            said=[
                turn_log.Said(
                    id=entry_id(turn_id, number),
                    content=reply.content.to_json(),
                )
                for number, reply in enumerate(effects.replies)
            ],
            path=effects.path,
            frames=effects.session.frames,
            finished=effects.finished,
            once=self._once(effects),
        )

    def _once(self, effects: TurnEffects) -> dict[str, msgspec.Raw]:
        """What `Turn.once` gave, for replays; nothing in flows with secrets, which may be in it."""
        if not effects.once_results:
            return {}
        flows = self._engine.flows
        names = {entry.partition("/")[0] for entry in effects.path}
        names.update(frame.flow for frame in effects.session.frames)
        if any(name in flows and flows[name].secrets for name in names):
            return {}
        return {key: msgspec.Raw(each) for key, each in effects.once_results.items()}


def is_told(effects: TurnEffects) -> bool:
    """Whether a turn is worth a line at INFO: most callbacks move nothing."""
    return (
        bool(effects.path or effects.replies)
        or effects.event == "message"
        or effects.callback is None
    )


def _is_logged(effects: TurnEffects) -> bool:
    """Whether a turn belongs in the contact's log, which also tells what was delivered."""
    if effects.forwarded_item and not effects.item.command:
        return False  # The log of who inherits it has it.
    return is_told(effects) or effects.event in ("delivered", "read", "failed", "opt_in", "opt_out")


def _in_words(effects: TurnEffects) -> str:
    flow, state = effects.session.where
    return f"flow {flow!r}, state {state!r}" if flow else "no flow"
