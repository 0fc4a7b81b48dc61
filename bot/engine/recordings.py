"""Converts the contact's recordings to text, by the author's hook `transcribe`."""

import asyncio
import logging

from bot.callbacks import Callback, ContactMessage
from bot.callbacks.files import DownloadedFile
from bot.contact.session import Session
from bot.engine import consent
from bot.engine.secret_answers import is_secret_state
from bot.errors import DownloadError
from bot.flow.hooks import Transcriber
from bot.flow.load import Flows
from bot.parse.files import kind_of_file
from bot.turn.effects import TurnEffects
from bot.turn.turn import Turn

logger = logging.getLogger(__name__)

MAX_TEXT_CHARS = 10_000
"""Maximum number of characters of a transcript. Ten minutes of speech have about this many."""


async def transcribe(turn: Turn, effects: TurnEffects, flows: Flows) -> None:
    """If the bot answers this contact, call the author's hook for the recordings of this turn."""
    transcriber = flows.hooks.transcriber
    if transcriber is None or not _is_answered(effects.session, flows):
        return
    members = effects.members or [(effects.item, effects.callback)]
    messages = [message for _, callback in members if (message := _message(callback))]
    texts = []
    has_recording = False
    for message in messages:
        text = message.text
        if not text and _is_recording(message):
            text = await _written_down(turn, effects, transcriber, message)
            has_recording = has_recording or bool(text)
        texts.append(text)
    if has_recording:
        effects.transcripts[effects.item.id] = "\n".join(filter(None, texts))


def _is_answered(session: Session, flows: Flows) -> bool:
    """Return whether the bot answers this contact, and the active question asks for no secret.

    An answer to a secret question must not be transcribed, because transcripts are logged.
    """
    if session.pause or session.merged_into or session.consent == consent.OUT:
        return False
    return not is_secret_state(session, flows)


def _message(callback: Callback | None) -> ContactMessage | None:
    said = callback.said if callback else None
    return said.contact_message if said else None


def _is_recording(message: ContactMessage) -> bool:
    name = message.media_message.filename_override if message.media_message else ""
    return bool(message.file_url) and kind_of_file(message.file_url, name) in ("audio", "unknown")


async def _written_down(
    turn: Turn, effects: TurnEffects, transcriber: Transcriber, message: ContactMessage
) -> str:
    function, timeout_s, max_bytes = transcriber
    stand_in = effects.stand_ins.get(function)

    async def run() -> str:
        if stand_in is not None:
            text = await stand_in(turn, DownloadedFile(b"", "audio"))
        else:
            recording = await effects.with_downloader(message).download(max_bytes, ("audio",))
            text = await function(turn, recording)
        return (text or "")[:MAX_TEXT_CHARS]

    try:
        async with asyncio.timeout(timeout_s):
            text: str = await effects.once_as(function, run)
    except DownloadError as error:
        logger.warning("A recording isn't transcribed: %s", error, extra={"action": "transcribe"})
        return ""
    except Exception as error:
        # The hook is an external service. If it fails, the bot continues without it.
        name = type(error).__name__
        logger.warning("The transcription failed: %s", name, extra={"action": "transcribe"})
        return ""
    return text
