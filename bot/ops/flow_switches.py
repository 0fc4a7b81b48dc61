"""`bot flows`: switch flows off and on again, without a release."""

from bot.clock import SystemClock
from bot.errors import FlowError
from bot.flow.load import load_flows
from bot.i18n.printable import echo, echo_json
from bot.ops.common import OperationError, iso, print_table, when
from bot.settings import Settings
from bot.store import FlowOff, Store


async def list_off(store: Store, *, as_json: bool) -> None:
    """Print the flows that are switched off. With `as_json`, print one JSON object per line."""
    found = await store.reader.flows_off()
    if as_json:
        for name, off in sorted(found.items()):
            told = {"flow": name, "since": iso(off.at), "because": off.because, "say": off.say}
            echo_json(told)
    elif found:
        rows = [(name, when(o.at), o.because, o.say) for name, o in sorted(found.items())]
        print_table(("flow", "off since (UTC)", "because", "contacts are told"), rows)
    else:
        echo("All flows are on.")


async def switch_off(store: Store, flow: str, because: str, say: str) -> None:
    """Switch a flow off.

    Raises:
        OperationError: there is no such flow, or the reason is missing.
    """
    if not because.strip():
        raise OperationError("--because needs a reason, which colleagues see in errors and lists.")
    _require(flow)
    await store.admin.switch_off(flow, FlowOff(SystemClock().now(), because.strip(), say.strip()))
    echo(f"{flow} is switched off. Workers apply the change within ten seconds.")


async def switch_on(store: Store, flow: str) -> None:
    """Switch a flow on again. A switched-off flow that this release no longer has can be switched
    on, too.

    Raises:
        OperationError: this release has no flow with this name, and the name is not switched off.
    """
    if await store.admin.switch_on(flow):
        echo(f"{flow} is on again. Workers apply the change within ten seconds.")
        return
    _require(flow)
    echo(f"{flow} was on already.")


def _require(flow: str) -> None:
    """Raise `OperationError` if no flow has this name. If the flows can't be loaded, check
    nothing.
    """
    try:
        flows = load_flows(Settings.from_env().flows)
    except FlowError:
        # The flow may exist only in the project on another machine.
        echo("The flows here can't be loaded, so the flow's name isn't checked.", error=True)
        return
    if flow not in flows.names:
        raise OperationError(f"There is no flow {flow!r}; the flows are {', '.join(flows.names)}.")
