"""Consent: who said STOP is not written to, whatever the flows do.

The words are those that carriers and the field know; each counts only as the whole message. A STOP
drops what is committed and not yet sent, gives up the flows under way and silences the outbox; no
answer is sent to it. START opens the outbox again.
"""

from bot.parse import fold
from bot.session import Session
from bot.turn import Turn

OUT = "out"
IN = "in"

STOP_WORDS = frozenset(
    {"stop", "stopall", "unsubscribe", "revoke", "optout", "opt-out"}  # English
    | {"stopp", "avsluta", "arret", "arrêt", "désabonner", "baja", "parar", "sair"}
    | {"abmelden", "stoppen", "afmelden", "pysäytä", "lopeta", "disiscrivi"}
)
START_WORDS = frozenset(
    {"start", "unstop", "subscribe", "optin", "opt-in"}  # English
    | {"starta", "démarrer", "iniciar", "alta", "começar", "anmelden", "aanmelden"}
    | {"aloita", "inizia", "iscrivi"}
)


def heard(turn: Turn) -> bool:
    """Take a message that is about consent; False where it is about something else."""
    word = fold(turn.text)
    if word in STOP_WORDS:
        opt_out(turn)
        return True
    if word in START_WORDS and turn.session.consent == OUT:
        turn.session.consent = IN
        return True
    return False


def notified(turn: Turn) -> None:
    """Take an OPT_IN or OPT_OUT callback."""
    callback = turn.callback
    if callback is None:
        return
    if callback.opt_out_notification and callback.opt_out_notification.status != "OPT_OUT_FAILED":
        opt_out(turn)
    if callback.opt_in_notification and callback.opt_in_notification.status == "OPT_IN_SUCCEEDED":
        turn.session.consent = IN


def opt_out(turn: Turn) -> None:
    """Silence the bot for this contact, at once."""
    session: Session = turn.session
    session.consent = OUT
    session.frames.clear()
    turn.drop_unsent = True


def allows(session: Session | None) -> bool:
    """Whether the contact may be written to."""
    return session is None or session.consent != OUT
