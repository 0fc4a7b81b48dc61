"""The operators' commands, declared for typer.

Every command loads this module, so it imports few other modules.
"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from bot.ops.command_help import (
    DEVELOP,
    OPERATE,
    RUN,
    Commands,
    Contact,
    Json,
    contact_names,
    example,
    flow_names,
)
from bot.ops.sending_commands import broadcast_app, send, trigger

Contacts = Annotated[
    list[str],
    typer.Argument(
        help="Contacts: ids, CHANNEL:identity, phone numbers, or names in logs.",
        autocompletion=contact_names,
    ),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="File to write. Default: standard output.")
]

contacts_app = Commands(help="Show and change contacts.", no_args_is_help=True)
dead_app = Commands(help="Show, retry and delete dead letters.", no_args_is_help=True)
flows_app = Commands(help="Switch flows off and on again.", no_args_is_help=True)
Flow = Annotated[str, typer.Argument(help="Name of the flow.", autocompletion=flow_names)]


@flows_app.command("list", epilog=example("bot flows list"))
def list_off(as_json: Json = False) -> None:
    """List the flows that are switched off, with the time and the reason."""
    from bot.ops import flow_switches
    from bot.ops.common import run

    run(lambda store: flow_switches.list_off(store, as_json=as_json), reading=True)


@flows_app.command("off", epilog=example('bot flows off pizza --because "the oven is broken"'))
def switch_off(
    flow: Flow,
    because: Annotated[str, typer.Option(help="Reason, which other operators see.")],
    say: Annotated[
        str,
        typer.Option(help="Reply to contacts who write. Default: a sentence in their language."),
    ] = "",
) -> None:
    """Switch a flow off without a release. Nothing starts the flow, and contacts in the flow wait.

    A contact who writes to the flow gets the text of --say. A program that starts the flow gets an
    error. Workers apply the change within ten seconds. Repeating the command changes the reason and
    the text.
    """
    from bot.ops import flow_switches
    from bot.ops.common import run

    run(lambda store: flow_switches.switch_off(store, flow, because, say))


@flows_app.command("on", epilog=example("bot flows on pizza"))
def switch_on(flow: Flow) -> None:
    """Switch a flow on again. Contacts in the flow continue in their current state."""
    from bot.ops import flow_switches
    from bot.ops.common import run

    run(lambda store: flow_switches.switch_on(store, flow))


@contacts_app.command("list", epilog=example("bot contacts list --stuck"))
def list_contacts(
    flow: Annotated[
        str, typer.Option(help="Only contacts in this flow.", autocompletion=flow_names)
    ] = "",
    state: Annotated[str, typer.Option(help="Only contacts in this state.")] = "",
    since: Annotated[
        str, typer.Option(help="Only contacts who wrote within this time, such as 30m, 24h or 7d.")
    ] = "",
    stuck: Annotated[
        bool,
        typer.Option(
            "--stuck",
            help="Only stuck contacts: their work has waited for over a minute, or can't continue.",
        ),
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Maximum number of contacts.")] = None,
    as_json: Json = False,
) -> None:
    """List contacts with their flow and state. The contact who wrote last is first."""
    from bot.ops import contacts
    from bot.ops.common import run

    wanted = contacts.Filter(
        flow=flow,
        state=state,
        since_s=contacts.duration(since, "--since") if since else None,
        stuck_s=60.0 if stuck else None,
    )
    run(
        lambda store: contacts.list_contacts(store, wanted, as_json=as_json, most=limit),
        reading=True,
    )


@contacts_app.command(epilog=example("bot contacts show 46700000001"))
def show(contact: Contact, as_json: Json = False) -> None:
    """Show a contact's state, and the transcript of its last turns. Times are in UTC."""
    from bot.ops import contacts
    from bot.ops.common import run

    run(lambda store: contacts.show(store, contact, as_json=as_json), reading=True)


@contacts_app.command(
    epilog=example("bot contacts export 46700000001 --format chat -o tests/order.chat")
)
def export(
    contact: Contact,
    form: Annotated[
        Literal["text", "json", "chat"],
        typer.Option("--format", help="Format: readable text, JSON, or a .chat test."),
    ] = "text",
    output: Output = None,
) -> None:
    """Write a contact's transcript and the data of its flows, with secrets masked."""
    from bot.ops import contacts
    from bot.ops.common import run, write

    write(run(lambda store: contacts.export(store, contact, form), reading=True), output)


@contacts_app.command(epilog=example("bot contacts consent 46700000001"))
def consent(
    contact: Annotated[
        str,
        typer.Argument(
            help="Contact: its id, CHANNEL:identity, phone number, or name in logs.",
            autocompletion=contact_names,
        ),
    ] = "",
    form: Annotated[
        Literal["json", "csv"],
        typer.Option("--format", help="Format: one JSON object per line, or CSV."),
    ] = "json",
    output: Output = None,
) -> None:
    """Write the changes of consent of one contact, or of all contacts, oldest first."""
    from bot.ops import consent_records
    from bot.ops.common import run, write

    write(run(lambda store: consent_records.export(store, contact, form), reading=True), output)


@contacts_app.command(epilog=example("bot contacts forget 46700000001"))
def forget(
    contact: Contact,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
) -> None:
    """Delete all stored data about a contact: session, log, replies, timers, dead letters."""
    from bot.ops import contacts
    from bot.ops.common import run

    run(lambda store: contacts.forget(store, contact, is_sure=yes))


@contacts_app.command(
    epilog=example('bot contacts pause 46700000001 --reason "asked for a person"')
)
def pause(
    contacts: Contacts,
    reason: Annotated[str, typer.Option(help="Reason, shown with the contact.")] = "",
) -> None:
    """Hand contacts over to a person, so that the bot is silent.

    The bot continues after BOT_HANDOFF_TIMEOUT, or after `bot contacts resume`.
    """
    from bot.ops import contacts as operations
    from bot.ops.common import run

    run(lambda store: operations.pause(store, contacts, reason))


@contacts_app.command(epilog=example("bot contacts resume 46700000001"))
def resume(contacts: Contacts) -> None:
    """Hand paused contacts back to the bot, which repeats its last question."""
    from bot.ops import contacts as operations
    from bot.ops.common import run

    run(lambda store: operations.resume(store, contacts))


@contacts_app.command(epilog=example("bot contacts move 46700000001 --to pizza/address"))
def move(
    contacts: Contacts,
    to: Annotated[str, typer.Option(help="Target: FLOW/STATE, or FLOW for its first state.")],
) -> None:
    """Move contacts to another state. Their conversation continues there."""
    from bot.ops import contacts as operations
    from bot.ops.common import run

    run(lambda store: operations.move(store, contacts, to))


Letters = Annotated[
    list[str] | None, typer.Argument(help="Ids of dead letters, from `bot dead list`.")
]
Everything = Annotated[bool, typer.Option("--all", help="Select all dead letters.")]


@dead_app.command("list", epilog=example("bot dead list"))
def list_dead(as_json: Json = False) -> None:
    """List dead letters, oldest first, without their contents."""
    from bot.ops import dead_letters
    from bot.ops.common import run

    run(lambda store: dead_letters.list_letters(store, as_json=as_json), reading=True)


@dead_app.command("show", epilog=example("bot dead show 3-1767600000000-0"))
def show_dead(
    id: Annotated[str, typer.Argument(help="Id of a dead letter, from `bot dead list`.")],
) -> None:
    """Show a dead letter as JSON: its error, its contents, and the session before the turn."""
    from bot.ops import dead_letters
    from bot.ops.common import run

    run(lambda store: dead_letters.show(store, id), reading=True)


@dead_app.command("retry", epilog=example("bot dead retry --all"))
def retry_dead(ids: Letters = None, everything: Everything = False) -> None:
    """Queue dead letters again, in the inbox or outbox of their contacts."""
    from bot.ops import dead_letters
    from bot.ops.common import run

    run(lambda store: dead_letters.retry(store, ids or [], everything=everything))


@dead_app.command("drop", epilog=example("bot dead drop 3-1767600000000-0"))
def drop_dead(ids: Letters = None, everything: Everything = False) -> None:
    """Delete dead letters."""
    from bot.ops import dead_letters
    from bot.ops.common import run

    run(lambda store: dead_letters.drop(store, ids or [], everything=everything))


PublicUrl = Annotated[str, typer.Option(help="Public URL of the bot. Default: BOT_PUBLIC_URL.")]


Beside = Annotated[
    bool, typer.Option("--beside", help="Allow another webhook to receive the messages, too.")
]


def setup(
    public_url: PublicUrl = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print what would change.")
    ] = False,
    replace: Annotated[
        str, typer.Option(help="Id of a webhook. Its URL is changed to the URL of this bot.")
    ] = "",
    beside: Beside = False,
    as_json: Json = False,
) -> None:
    """Create or update the app's webhook and SMS channel at Sinch.

    If both are up to date, the command changes nothing.

    The webhook gets the triggers that the flows need, and the secret SINCH_WEBHOOK_SECRET. The SMS
    channel is set if SINCH_SMS_PLAN_ID and SINCH_SMS_TOKEN are set.
    """
    import asyncio
    import dataclasses

    from bot.flow.load import load_flows
    from bot.ops import setup
    from bot.settings import Settings

    settings = Settings.from_env()
    want = dataclasses.replace(
        setup.wanted(settings, load_flows(settings.flows), public_url),
        replace=replace,
        beside=beside,
    )
    asyncio.run(setup.run(settings, want, dry_run=dry_run, as_json=as_json))


def doctor(
    public_url: PublicUrl = "",
    as_json: Json = False,
) -> None:
    """Check a deployment: settings, flows, Redis, the app at Sinch, the webhook, the public URL.

    The command posts a signed callback to the public URL. The bot at this URL accepts and ignores
    the callback. The exit status is 1 if there is an error; warnings do not count.
    """
    import asyncio
    import dataclasses

    from bot.ops import doctor
    from bot.settings import Settings

    settings = Settings.from_env()
    settings = dataclasses.replace(settings, public_url=public_url or settings.public_url)
    asyncio.run(doctor.report(settings, as_json=as_json))


def new(
    folder: Annotated[
        Path, typer.Argument(help="Folder of the project. It must be empty or not exist.")
    ],
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Checkout of bot to depend on. Default: the installed bot."),
    ] = None,
) -> None:
    """Create a project with a flow, its tests, Procfile, Dockerfile and CI."""
    from bot.ops.new import make

    make(folder, source)


def callbacks(
    count: Annotated[int, typer.Option(help="Number of callbacks to show.", min=1)] = 100,
    as_json: Json = False,
) -> None:
    """List callbacks that no flow could handle, because they have no contact or an unknown type."""
    from bot.ops import unrouted
    from bot.ops.common import run

    run(lambda store: unrouted.list_kept(store, count, as_json=as_json))


def register(app: typer.Typer) -> None:
    """Add the commands to `bot`."""
    app.add_typer(contacts_app, name="contacts", rich_help_panel=OPERATE)
    app.add_typer(flows_app, name="flows", rich_help_panel=OPERATE)
    app.add_typer(dead_app, name="dead", rich_help_panel=OPERATE)
    app.add_typer(broadcast_app, name="broadcast", rich_help_panel=OPERATE)
    for panel, command, line in (
        (DEVELOP, new, "bot new shop"),
        (RUN, setup, "bot setup --public-url https://bot.example.com --dry-run"),
        (RUN, doctor, "bot doctor --public-url https://bot.example.com"),
        (OPERATE, callbacks, "bot callbacks --count 10"),
        (OPERATE, send, "bot send SMS:+46700000001 'Your order is ready.'"),
        (
            OPERATE,
            trigger,
            "bot trigger SMS:+46700000001 order_delayed --data '{\"days\": 2}'",
        ),
    ):
        app.command(rich_help_panel=panel, epilog=example(line))(command)
