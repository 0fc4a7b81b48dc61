"""Performs the actions of one conversation of an exploration, and records errors."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

from bot.contact.session import Session
from bot.emulator.actions import Answers, Says, SendsLocation, SendsMedia, Taps
from bot.engine import author_errors
from bot.engine.consent import OUT as OPTED_OUT
from bot.errors import FlowError, MessageError
from bot.flow.states import Ask, NoOptions
from bot.outbox import outbox
from bot.testing.actions import Action, Delivers, Waits
from bot.testing.chat_file import Entry, Reply
from bot.testing.contact import SimulatedContact
from bot.testing.services import MissingService, UnexpectedRequest
from bot.testing.simulation import EndlessLoop, Simulation
from bot.tooling.check.sources import author_line
from bot.tooling.explore.finding import OUT, Finding, Node
from bot.worker import failure

OURS = logging.getLogger("bot")
SILENT = logging.NullHandler()
LOGGERS = (failure.logger, author_errors.logger, outbox.logger)
"""The loggers of failed turns, of errors that a turn survives, and of failed sends."""

SPEAKS = (Says, Taps, Answers, SendsLocation, SendsMedia)
"""Actions to which a contact expects a reply."""


class Failures(logging.Handler):
    """Collects the errors that the framework logs for failed turns and failed sends.

    The framework's other log lines are discarded, because they are no findings. The log line about
    a question whose function returns no options is also discarded, because options may run out.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[BaseException | str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, NoOptions):
            return
        if error:
            self.errors.append(error)
        elif reason := getattr(record, "reason", ""):
            self.errors.append(f"the API refuses the message: {reason}")

    def __enter__(self) -> "Failures":
        for logger in LOGGERS:
            logger.addHandler(self)
        OURS.addHandler(SILENT)
        OURS.propagate = False
        return self

    def __exit__(self, *_: object) -> None:
        for logger in LOGGERS:
            logger.removeHandler(self)
        OURS.removeHandler(SILENT)
        OURS.propagate = True


@dataclass(slots=True)
class Outcome:
    """The result of a conversation.

    `nodes` has the contact's state before the first action and after each action.
    """

    findings: list[Finding] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    replies: list[list[Reply]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    data: str = ""
    path: set[Node] = field(default_factory=set)
    labels: list[str] = field(default_factory=list)
    undone: bool = False
    """Whether an action was impossible, because its button was not on the phone."""
    missing: str = ""
    """The error that a missing stand-in has caused, if this error ended the conversation.

    Stand-ins replace services and HTTP responses.
    """
    error: BaseException | str = ""
    """The last error of a turn."""

    @property
    def node(self) -> Node:
        return self.nodes[-1]

    @property
    def offered(self) -> list[str]:
        """The labels that were shown after the last action."""
        return [label for reply in self.replies[-1] for label in reply.labels]


async def run(
    simulation: Simulation, failures: Failures, acts: Sequence[Action], language: str, channel: str
) -> Outcome:
    """Perform the actions with a new contact, which is deleted afterwards."""
    contact = SimulatedContact(simulation, channel, language=language)
    outcome = Outcome(nodes=[OUT])
    folder = simulation.bot.flows.languages.folder
    is_reachable = True
    for number, act in enumerate(acts, start=1):
        before = contact.session
        failures.errors.clear()
        told = len(contact.entries)
        try:
            await contact.perform(act)
            await _end_burst(simulation, contact, before)
        except EndlessLoop as endless:
            what, place = f"endless: {endless}", node_of(before)
            outcome.findings.append(
                Finding("exception", place, what, channel, acts=tuple(acts[:number]))
            )
            break
        except AssertionError as refused:
            cause = refused.__context__
            if isinstance(cause, FlowError):  # The flow rejects the data with which it is started.
                finding = _of_error(cause, node_of(before), channel, tuple(acts[:number]), folder)
                outcome.findings.append(finding)
            outcome.undone = True
            break
        if isinstance(act, Delivers):
            is_reachable = not act.failed
        node = node_of(contact.session)
        replies = [entry for entry in contact.entries[told:] if isinstance(entry, Reply)]
        outcome.replies.append(replies)
        outcome.labels += [label for reply in replies for label in reply.labels]
        done = tuple(acts[:number])
        where = node_of(before)
        for error in failures.errors:
            outcome.missing = outcome.missing or _missing(error)
            outcome.error = error
            outcome.findings.append(_of_error(error, where, channel, done, folder))
        if outcome.missing:
            outcome.findings, outcome.undone = [], True
            break
        is_silent = not replies and not failures.errors and isinstance(act, SPEAKS)
        if is_silent and is_reachable and not _may_be_silent(before, contact.session):
            ends = "ends" if node == OUT else f"continues in {'/'.join(node)}"
            what = f"nothing is sent, and the flow {ends}"
            outcome.findings.append(Finding("silence", where, what, channel, language, done))
        outcome.nodes.append(node)
    outcome.entries = list(contact.entries)
    outcome.data = repr(contact.data)
    simulation.contacts.remove(contact)
    await simulation.bot.store.admin.forget(simulation.address_of(contact.phone).key)
    return outcome


async def _end_burst(
    simulation: Simulation, contact: SimulatedContact, before: Session | None
) -> None:
    """If the contact's message waits for more messages of a burst, let the burst end.

    `before` is the contact's session before the message.
    """
    run = before.run if before else None
    definition = simulation.flows.get(run.flow) if run else None
    if run is None or definition is None:
        return
    state = definition.states.get(run.state)
    bursts = (state.bursts if isinstance(state, Ask) else None) or definition.bursts
    if bursts and await simulation.bot.store.reader.inbox(simulation.address_of(contact.phone).key):
        await contact.perform(Waits(ceil(bursts.wait_s) + 1))


def node_of(session: Session | None) -> Node:
    """Return the flow and state in which the contact waits; `OUT` if no flow is active or a person
    handles the contact.
    """
    if session is None or session.run is None or session.pause is not None:
        return OUT
    return session.run.flow, session.run.state


def _may_be_silent(before: Session | None, after: Session | None) -> bool:
    """Return whether a missing reply is correct.

    A reply may be missing while a person handles the contact, after STOP or START, and after a
    second tap on the same button.
    """
    if before and after and after.tapped and after.tapped == before.tapped:
        return True
    return any(
        each is not None and (each.pause is not None or each.consent == OPTED_OUT)
        for each in (before, after)
    )


def _missing(error: BaseException | str | None) -> str:
    """If an error was caused by a missing stand-in for a service or an HTTP response, return the
    text that names what is missing.

    Return "" if the error has another cause.
    """
    while isinstance(error, BaseException):
        if isinstance(error, MissingService | UnexpectedRequest):
            return str(error)
        error = error.__cause__ or error.__context__
    return ""


def _of_error(
    error: BaseException | str,
    node: Node,
    channel: str,
    acts: tuple[Action, ...],
    folder: Path | None,
) -> Finding:
    """Return the finding for an error. The finding names the author's line in a file below
    `folder`.
    """
    if isinstance(error, MessageError):
        return Finding("limit", node, str(error), channel, acts=acts)
    if isinstance(error, str):
        return Finding("limit", node, error, channel, acts=acts)
    what = f"{type(error).__name__}: {error}".removesuffix(": ")
    if ".py:" not in what and (place := author_line(error, folder)):
        what = f"{place}: {what}"
    return Finding("exception", node, what, channel, acts=acts)
