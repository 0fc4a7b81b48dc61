"""`bot trigger`: triggers an event for one contact, and reports the outcome."""

from bot.client import Client
from bot.clock import SystemClock, new_ulid
from bot.i18n.printable import echo
from bot.ops.common import OperationError
from bot.ops.contact_lookup import find_contact
from bot.ops.send import json_object
from bot.store import Store

_OUTCOMES = {
    None: "Queued. A worker will handle the event.",
    "handled": "A flow has handled the event.",
    "started": "The event has started a flow.",
    "waiting": "The event waits until a flow can handle it. `bot contacts show` shows why.",
}


async def trigger(
    store: Store, name: str, event: str, data: str, *, id: str, expires: str, wait: str
) -> None:
    """Put an event into the contact's inbox, and print the outcome if it comes within `wait`.

    Raises:
        OperationError: there is no such contact, the data is no JSON object, no flow has handled
            the event, or the event's handler has failed.
        FlowError: `expires` or `wait` is not a duration.
    """
    values = json_object(data)
    clock = SystemClock()
    id = id or new_ulid(clock.now())
    contact, _ = await find_contact(store, name)
    client = Client(store, None, clock, new_ulid)
    if not await client.trigger(contact, event, dict(values), id=id, expires=expires):
        echo("An event with this id was triggered before. It is not triggered again.")
    outcome = await client.outcome(contact, id, wait=wait)
    if outcome == "unhandled":
        raise OperationError(
            f"No flow has handled the event {event!r}. Correct the name, or let a flow handle the"
            " event with @on or start_on_events."
        )
    if outcome == "failed":
        raise OperationError(
            f"The handler of the event {event!r} has failed. `bot dead list` shows the error."
        )
    echo(_OUTCOMES[outcome])
