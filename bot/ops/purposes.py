"""The purpose of a text or template that an operator sends to one or many contacts."""

from bot.client import Client, Contact
from bot.errors import ContactError
from bot.flow.load import Flows
from bot.items.inbound import SayText
from bot.ops.common import OperationError
from bot.settings import Settings

NO_PURPOSE = "none"
"""The value of `--purpose` for a message that the contact has asked for."""

WAY_OUT = (
    "Add --purpose marketing or --purpose notification, or --purpose none for an answer to the"
    " contact."
)


def require(purpose: str, settings: Settings, flows: Flows) -> None:
    """Require the purpose of a text or template if the bot uses purposes.

    Without a purpose, the message would be sent to contacts who have not opted in or have opted
    out.

    Raises:
        OperationError: the purpose is missing.
    """
    if purpose:
        return
    if settings.opt_in_purposes:
        raise OperationError(f"The purpose is missing, and BOT_OPT_IN is set. {WAY_OUT}")
    if flows.purposes:
        names = ", ".join(sorted(flows.purposes))
        raise OperationError(
            f"The purpose is missing, and these flows have a purpose: {names}. {WAY_OUT}"
        )


async def put(bot_client: Client, contact: Contact, say: SayText, purpose: str, id: str) -> bool:
    """Put a text or template with its purpose into the contact's inbox.

    Return False if an earlier request with this id has put it there.

    Raises:
        ContactError: the purpose is missing, and the contact has opted in to or out of a purpose.
        OptedOut: the contact said STOP, or does not consent to the purpose.
    """
    if not purpose:
        known = await bot_client.known(contact)
        if known and known.purposes:
            recorded = ", ".join(f"{name}: {to}" for name, to in sorted(known.purposes.items()))
            raise ContactError(
                f"The purpose is missing, but the contact has chosen purposes ({recorded})."
                f" {WAY_OUT}"
            )
    say.purpose = "" if purpose == NO_PURPOSE else purpose
    return await bot_client.put_text(contact, say, id)
