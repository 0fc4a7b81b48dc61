"""The operators' commands as typer takes them; light to import, since every command loads it."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from bot.ops.command_help import (
    DEVELOP,
    OPERATE,
    RUN,
    Commands,
    contact_names,
    example,
    flow_names,
)

Json = Annotated[bool, typer.Option("--json", help="An object on each line, for machines.")]
Contact = Annotated[
    str,
    typer.Argument(
        help="Its id, CHANNEL:identity, phone number, or name in logs.",
        autocompletion=contact_names,
    ),
]
Contacts = Annotated[
    list[str],
    typer.Argument(
        help="Ids, CHANNEL:identity, phone numbers, or names in logs.",
        autocompletion=contact_names,
    ),
]

contacts_app = Commands(help="Look at contacts, and set them right.", no_args_is_help=True)
dead_app = Commands(help="What was given up after the last try.", no_args_is_help=True)


@contacts_app.command("list", epilog=example("bot contacts list --stuck"))
def list_contacts(
    flow: Annotated[
        str, typer.Option(help="Only contacts in this flow.", autocompletion=flow_names)
    ] = "",
    state: Annotated[str, typer.Option(help="They wait in this state.")] = "",
    since: Annotated[str, typer.Option(help="Heard from in the last 90s, 30m, 24h, 7d.")] = "",
    stuck: Annotated[
        bool, typer.Option("--stuck", help="Something waits for a minute, or can't go on.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="So many at most.")] = None,
    as_json: Json = False,
) -> None:
    """List contacts with flow and state, the last heard from first."""
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
    """Show how a contact stands, and the transcript of its last turns. Times are UTC."""
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
        typer.Option("--format", help="For people, for machines, or as a test."),
    ] = "text",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write.")] = None,
) -> None:
    """Write a contact's transcript and the data that flows keep of it, secrets masked."""
    from bot.ops import contacts
    from bot.ops.common import run, write

    write(run(lambda store: contacts.export(store, contact, form), reading=True), output)


@contacts_app.command(epilog=example("bot contacts consent 46700000001"))
def consent(
    contact: Annotated[
        str,
        typer.Argument(
            help="Its id, CHANNEL:identity, phone number, or name in logs.",
            autocompletion=contact_names,
        ),
    ] = "",
    form: Annotated[
        Literal["json", "csv"], typer.Option("--format", help="An object on each line, or a table.")
    ] = "json",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write.")] = None,
) -> None:
    """Write each change of a contact's consent, or of everybody's, the oldest first."""
    from bot.ops import consent_records
    from bot.ops.common import run, write

    write(run(lambda store: consent_records.export(store, contact, form), reading=True), output)


@contacts_app.command(epilog=example("bot contacts forget 46700000001"))
def forget(
    contact: Contact,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Delete all that is stored of a contact: session, log, replies, timers, dead letters."""
    from bot.ops import contacts
    from bot.ops.common import run

    run(lambda store: contacts.forget(store, contact, is_sure=yes))


@contacts_app.command(
    epilog=example('bot contacts pause 46700000001 --reason "asked for a person"')
)
def pause(
    contacts: Contacts,
    reason: Annotated[str, typer.Option(help="Kept with the contact.")] = "",
) -> None:
    """Silence the bot for contacts: a person talks to them now.

    It goes on after BOT_HANDOFF_TIMEOUT, or when told to resume.
    """
    from bot.ops import contacts as operations
    from bot.ops.common import run

    run(lambda store: operations.pause(store, contacts, reason))


@contacts_app.command(epilog=example("bot contacts resume 46700000001"))
def resume(contacts: Contacts) -> None:
    """Let the bot go on with paused contacts: it asks again what it asked last."""
    from bot.ops import contacts as operations
    from bot.ops.common import run

    run(lambda store: operations.resume(store, contacts))


@contacts_app.command(epilog=example("bot contacts move 46700000001 --to pizza/address"))
def move(
    contacts: Contacts,
    to: Annotated[str, typer.Option(help="FLOW/STATE, or FLOW for its first state.")],
) -> None:
    """Put contacts into another state; the bot talks to them from there."""
    from bot.ops import contacts as operations
    from bot.ops.common import run

    run(lambda store: operations.move(store, contacts, to))


Letters = Annotated[list[str] | None, typer.Argument(help="Ids, as `bot dead list` shows.")]
Everything = Annotated[bool, typer.Option("--all", help="All there are.")]


@dead_app.command("list", epilog=example("bot dead list"))
def list_dead(as_json: Json = False) -> None:
    """List dead letters, oldest first, without what they say."""
    from bot.ops import dead_letters
    from bot.ops.common import run

    run(lambda store: dead_letters.list_letters(store, as_json=as_json), reading=True)


@dead_app.command("show", epilog=example("bot dead show 3-1767600000000-0"))
def show_dead(id: Annotated[str, typer.Argument(help="As `bot dead list` shows.")]) -> None:
    """Show a dead letter as JSON: why, what was given up, and the session before."""
    from bot.ops import dead_letters
    from bot.ops.common import run

    run(lambda store: dead_letters.show(store, id), reading=True)


@dead_app.command("retry", epilog=example("bot dead retry --all"))
def retry_dead(ids: Letters = None, everything: Everything = False) -> None:
    """Put dead letters back into their contacts' inbox or outbox."""
    from bot.ops import dead_letters
    from bot.ops.common import run

    run(lambda store: dead_letters.retry(store, ids or [], everything=everything))


@dead_app.command("drop", epilog=example("bot dead drop 3-1767600000000-0"))
def drop_dead(ids: Letters = None, everything: Everything = False) -> None:
    """Delete dead letters."""
    from bot.ops import dead_letters
    from bot.ops.common import run

    run(lambda store: dead_letters.drop(store, ids or [], everything=everything))


PublicUrl = Annotated[
    str, typer.Option(help="Where the bot is reached from outside; else BOT_PUBLIC_URL.")
]


Beside = Annotated[
    bool, typer.Option("--beside", help="Another webhook may take the messages too.")
]


def setup(
    public_url: PublicUrl = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would change.")
    ] = False,
    replace: Annotated[str, typer.Option(help="Id of a webhook to be pointed here.")] = "",
    beside: Beside = False,
    as_json: Json = False,
) -> None:
    """Create or update the app's webhook and SMS channel at Sinch; again changes nothing.

    The webhook gets the triggers that the flows need and the secret of the settings. The SMS
    channel is set where SINCH_SMS_PLAN_ID and SINCH_SMS_TOKEN are.
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

    Posts a signed callback through the public URL that the bot there takes and ignores. Exit status
    1 where there is a fault; warnings are none.
    """
    import asyncio
    import dataclasses

    from bot.ops import doctor
    from bot.settings import Settings

    settings = Settings.from_env()
    settings = dataclasses.replace(settings, public_url=public_url or settings.public_url)
    asyncio.run(doctor.report(settings, as_json=as_json))


def new(
    folder: Annotated[Path, typer.Argument(help="Where; it must not exist, or be empty.")],
    source: Annotated[
        Path | None,
        typer.Option("--from", help="A checkout of bot to depend on, instead of this one."),
    ] = None,
) -> None:
    """Make a ready project: a flow, its tests, Procfile, Dockerfile, CI."""
    from bot.ops.new import make

    make(folder, source)


Replace = Annotated[bool, typer.Option("--replace", help="End the contact's active flows first.")]
FlowName = Annotated[str, typer.Option(help="Start this flow.", autocompletion=flow_names)]
StateName = Annotated[str, typer.Option(help="Start the flow in this state, not in its first.")]
TemplateId = Annotated[
    str, typer.Option("--template", help="Send this template: its id, on WhatsApp its name.")
]
TemplateVersion = Annotated[str, typer.Option(help="The template's version.")]
TemplateLanguage = Annotated[str, typer.Option(help="The template's language, such as en.")]
TemplateChannel = Annotated[
    str, typer.Option(help="The channel that keeps the template, such as WHATSAPP; else Sinch.")
]


def send(
    contact: Contact,
    text: Annotated[str, typer.Argument(help="What to say.")] = "",
    flow: FlowName = "",
    state: StateName = "",
    template: TemplateId = "",
    template_version: TemplateVersion = "",
    template_language: TemplateLanguage = "",
    template_channel: TemplateChannel = "",
    data: Annotated[
        str, typer.Option(help="JSON object: the flow's data, or the template's parameters.")
    ] = "",
    id: Annotated[str, typer.Option(help="The same again with this id is sent once.")] = "",
    replace: Replace = False,
) -> None:
    """Send a text or a template to a contact, or start a flow.

    A worker sends it: not to a contact who said STOP, and in quiet hours it waits.
    """
    import asyncio

    from bot.ops import broadcast, send
    from bot.settings import Settings

    what: broadcast.Payload
    if sum(map(bool, (text, flow, template))) != 1:
        raise typer.BadParameter("Give one of a text, --flow and --template.")
    if state and not flow:
        raise typer.BadParameter("--state is a state of a flow; give --flow, too.")
    if template:
        what = broadcast.SentTemplate(
            template, template_version, template_language, template_channel.upper()
        )
    else:
        what = broadcast.FlowStart(flow, replace, state) if flow else send.SaidText(text)
    asyncio.run(send.send(Settings.from_env(), what, contact, data, id))


def broadcast(
    file: Annotated[
        Path,
        typer.Option("--csv", help="Columns: contact, or channel and identity; others are data."),
    ],
    flow: Annotated[str, typer.Argument(help="The flow to start.", autocompletion=flow_names)] = "",
    state: StateName = "",
    template: TemplateId = "",
    template_version: TemplateVersion = "",
    template_language: TemplateLanguage = "",
    template_channel: TemplateChannel = "",
    name: Annotated[
        str, typer.Option(help="What it is known by when it is run again; else flow and file.")
    ] = "",
    rate: Annotated[
        float | None,
        typer.Option(min=0, help="Contacts per second; else half of BOT_SEND_RATE. 0: no limit."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only check the file and count.")
    ] = False,
    replace: Replace = False,
) -> None:
    """Start a flow with everybody in a CSV file, or send them a template.

    The file is checked before anything is sent. Run again under the same name, it goes on where it
    broke off: nobody is written to twice. Contacts who said STOP are left out; in quiet hours it
    waits.
    """
    import asyncio

    from bot.ops import broadcast
    from bot.settings import Settings

    what: broadcast.Payload
    if bool(flow) is bool(template):
        raise typer.BadParameter("Give either a flow or --template.")
    if state and not flow:
        raise typer.BadParameter("--state is a state of a flow; give the flow, too.")
    if template:
        what = broadcast.SentTemplate(
            template, template_version, template_language, template_channel.upper()
        )
    else:
        what = broadcast.FlowStart(flow, replace, state)
    settings = Settings.from_env()
    asyncio.run(broadcast.broadcast(settings, what, file, name, rate, dry_run=dry_run))


def callbacks(
    count: Annotated[int, typer.Option(help="The newest so many.", min=1)] = 100,
    as_json: Json = False,
) -> None:
    """List callbacks that no flow could be told of: about no contact, or of no known kind."""
    from bot.ops import unrouted
    from bot.ops.common import run

    run(lambda store: unrouted.list_kept(store, count, as_json=as_json))


def register(app: typer.Typer) -> None:
    """Make them commands of `bot`."""
    app.add_typer(contacts_app, name="contacts", rich_help_panel=OPERATE)
    app.add_typer(dead_app, name="dead", rich_help_panel=OPERATE)
    for panel, command, line in (
        (DEVELOP, new, "bot new shop"),
        (RUN, setup, "bot setup --public-url https://bot.example.com --dry-run"),
        (RUN, doctor, "bot doctor --public-url https://bot.example.com"),
        (OPERATE, callbacks, "bot callbacks --count 10"),
        (OPERATE, send, "bot send SMS:+46700000001 'Your order is ready.'"),
        (OPERATE, broadcast, "bot broadcast reminder --csv contacts.csv --dry-run"),
    ):
        app.command(rich_help_panel=panel, epilog=example(line))(command)
