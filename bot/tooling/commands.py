"""The commands about flows, declared for typer.

Every command loads this module, so it imports few other modules.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.i18n.printable import echo
from bot.ops.command_help import (
    DEVELOP,
    Commands,
    channel_names,
    example,
    flow_names,
    require_flow,
)

if TYPE_CHECKING:
    from bot.flow.load import Flows
    from bot.ops.migration_check import Place
    from bot.tooling.check.findings import Finding

Channels = Annotated[
    list[str] | None,
    typer.Option(
        "--channel",
        help="Only this channel; may be repeated. Default: BOT_CHANNELS, or all.",
        autocompletion=channel_names,
    ),
]

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

messages_app = Commands(help="Write and check the catalogs of translations.", no_args_is_help=True)


def check(
    channel: Channels = None,
    notes: Annotated[
        bool,
        typer.Option("--notes", help="Also report messages that a channel shows in another form."),
    ] = False,
    as_json: AsJson = False,
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="Also list the states of the store's contacts. Fail if a contact could not"
            " continue.",
        ),
    ] = False,
) -> None:
    """Load all flows, list them, and report their errors.

    The command finds errors in flows and settings, mistakes that Python accepts, messages that a
    channel rejects or shortens, and missing translations. It fails if there are errors, but not if
    there are only warnings.
    """
    from bot.errors import FlowError
    from bot.settings import Settings
    from bot.tooling.check.findings import Finding, count
    from bot.tooling.check.run import check
    from bot.tooling.check.settings import settings_found
    from bot.tooling.preview import channels_named

    settings = Settings.from_env()
    channels = channels_named(channel or settings.channel_names)
    report = check(settings.flows, channels, notes=notes, stop_words=settings.stop_words)
    found, flows = report.found, report.flows
    found += settings_found(settings)
    lacking = [Finding(each) for each in (_lacks_key(flows) if live and flows else ())]
    found += [each for each in lacking if each not in found]
    if as_json:
        found += [Finding(each) for each in (_stranded(flows) if live and flows else ())]
        _print_json(flows, found, report.notes)
    else:
        if flows:
            _print_flows(flows)
        for line in report.notes:
            echo(line)
        found += [Finding(each) for each in (_look(flows) if live and flows else ())]
        for number, each in enumerate(found):
            if number or flows:
                echo()
            for line in each.lines():
                echo(line)
    if any(each.severity == "error" for each in found):
        raise FlowError(count(found))
    if found and not as_json:
        echo()
        echo(count(found))


def preview(
    flow: Annotated[
        str, typer.Argument(help="Name of the flow.", autocompletion=flow_names, show_default=False)
    ] = "",
    channel: Channels = None,
    language: Annotated[str, typer.Option(help="Language of the contact, such as sv.")] = "",
    as_json: AsJson = False,
) -> None:
    """Print every message of a flow in the form in which each channel shows it.

    The flows run in memory with sample answers. Connections are refused, and functions given to
    turn.once aren't called. Steps that could not run are listed with the reason.
    """
    import json

    from bot.flow.load import load_flows
    from bot.settings import Settings
    from bot.tooling import preview as previews
    from bot.tooling.walked_messages import messages_of

    settings = Settings.from_env()
    channels = previews.channels_named(channel or settings.channel_names)
    flows = load_flows(settings.flows)
    previews.require_language(language, flows, settings.language)
    name = flows[require_flow(flow)].name
    said = messages_of(flows, language)[name]
    if as_json:
        messages = previews.preview_json(said, channels, number_choices=settings.number_choices)
        echo(json.dumps({"flow": name, "messages": list(messages)}, indent=2))
        return
    for line in previews.preview(said, channels, number_choices=settings.number_choices):
        echo(line)


@messages_app.command(epilog=example("bot messages extract --language sv"))
def extract(
    language: Annotated[
        list[str] | None, typer.Option("--language", "-l", help="Add this language, such as sv.")
    ] = None,
) -> None:
    """Create or update the catalogs of texts to translate, in `locale` beside the flows."""
    from bot.clock import SystemClock, as_datetime
    from bot.flow.load import load_flows
    from bot.settings import Settings
    from bot.tooling.catalogs import update

    flows = load_flows(Settings.from_env().flows)
    for line in update(flows, language or (), as_datetime(SystemClock().now())):
        echo(line)


@messages_app.command("check", epilog=example("bot messages check"))
def check_messages() -> None:
    """List texts whose translation is missing or wrong in a language of the catalogs."""
    from bot.flow.load import load_flows
    from bot.i18n.languages import noting_unfilled
    from bot.settings import Settings
    from bot.tooling.catalogs import missing, unfilled
    from bot.tooling.walked_messages import messages_of

    flows = load_flows(Settings.from_env().flows)
    with noting_unfilled() as noted:
        for language in flows.languages:
            messages_of(flows, language)
    _fail([*missing(flows), *unfilled(flows, noted)])
    languages = ", ".join(flows.languages)
    echo(f"Everything is translated: {languages}." if languages else "There are no catalogs yet.")


def _print_flows(flows: "Flows") -> None:
    from bot.ops.common import print_table

    print_table(
        ("flow", "version", "starts on", "states", "file"),
        [
            (
                flow.name,
                str(flow.version),
                ", ".join(flow.start_on) + (" (fallback)" if flow.fallback else ""),
                str(len(flow.states or flow.machine.states)),
                flow.source,
            )
            for flow in flows
        ],
    )


def _print_json(flows: "Flows | None", found: "list[Finding]", notes: list[str]) -> None:
    import json

    told = {
        "flows": [
            {"name": each.name, "version": each.version, "file": each.source}
            for each in flows or ()
        ],
        "findings": [each.as_json() for each in found],
        "notes": notes,
        "errors": sum(each.severity == "error" for each in found),
        "warnings": sum(each.severity == "warning" for each in found),
    }
    echo(json.dumps(told, indent=2))


def _look(flows: "Flows") -> list[str]:
    """Print the states in which the store's contacts wait.

    Return an error for each reason why some of these contacts could not continue.
    """
    from bot.ops.common import print_table
    from bot.ops.migration_check import stranded

    found = _places(flows)
    echo()
    if not found:
        echo("No contact is in a flow.")
        return _unfit_data(flows) + _unreadable()
    print_table(
        ("flow", "version", "waits in", "contacts", "and then"),
        [
            (place.flow, str(place.version), place.waits, str(place.contacts), place.outlook)
            for place in found
        ],
    )
    return stranded(found) + _unfit_data(flows) + _unreadable()


def _places(flows: "Flows") -> "list[Place]":
    from bot.ops.common import run
    from bot.ops.migration_check import places

    return run(lambda store: places(store, flows), reading=True)


def _unreadable() -> list[str]:
    """Return an error for each contact whose session can't be read."""
    from bot.ops.common import run
    from bot.ops.contact_lookup import unreadable_sessions

    return [str(each) for each in run(unreadable_sessions, reading=True)]


def _stranded(flows: "Flows") -> list[str]:
    """Return an error for each reason why contacts of the store could not continue."""
    from bot.ops.migration_check import stranded

    return stranded(_places(flows)) + _unfit_data(flows) + _unreadable()


def _lacks_key(flows: "Flows") -> list[str]:
    """Return an error if secret answers cannot be encrypted; [] if they can. With this error, `bot
    serve` would not start.
    """
    from bot.engine.secret_answers import AnswerCipher
    from bot.errors import ConfigError
    from bot.settings import Settings

    try:
        AnswerCipher(Settings.from_env().secret_keys).require(flows)
    except ConfigError as error:
        return [str(error)]
    return []


def _unfit_data(flows: "Flows") -> list[str]:
    """Return errors about contact data in the store that this release could not read."""
    from bot.ops.common import run
    from bot.ops.migration_check import unfit_data

    return run(lambda store: unfit_data(store, flows), reading=True)


def _fail(found: list[str]) -> None:
    """Raise an error with a line for each finding. Without findings, do nothing."""
    from bot.errors import FlowError

    if found:
        raise FlowError("\n".join(found))


def register(app: typer.Typer) -> None:
    """Add the commands to `bot`."""
    app.command(rich_help_panel=DEVELOP, epilog=example("bot check --live"))(check)
    app.command(rich_help_panel=DEVELOP, epilog=example("bot preview pizza --channel SMS"))(preview)
    app.add_typer(messages_app, name="messages", rich_help_panel=DEVELOP)
