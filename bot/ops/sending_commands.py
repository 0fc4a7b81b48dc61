"""The commands that write to contacts: `bot send`, `bot trigger` and `bot broadcast`, declared for
typer.

Every command loads this module, so it imports few other modules.
"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from bot.ops.command_help import (
    Commands,
    Contact,
    GroupWithDefault,
    Json,
    broadcast_names,
    example,
    flow_names,
)

broadcast_app = Commands(
    cls=GroupWithDefault,
    help="Start a flow for many contacts, count the outcomes, and cancel unsent rows.",
    no_args_is_help=True,
)

Replace = Annotated[bool, typer.Option("--replace", help="End the contact's active flows first.")]
FlowName = Annotated[str, typer.Option(help="Flow to start.", autocompletion=flow_names)]
StateName = Annotated[
    str, typer.Option(help="State to start the flow in. Default: its first state.")
]
TemplateId = Annotated[
    str, typer.Option("--template", help="Template to send: its id, or its name on WhatsApp.")
]
TemplateVersion = Annotated[str, typer.Option(help="Version of the template.")]
TemplateLanguage = Annotated[str, typer.Option(help="Language of the template, such as en.")]
TemplateChannel = Annotated[
    str,
    typer.Option(
        help="Channel that stores the template, such as WHATSAPP. Default: Sinch stores it."
    ),
]
Purpose = Annotated[
    Literal["marketing", "notification", "none"] | None,
    typer.Option(
        help="Purpose of the text or template. The contact must have consented to this purpose. An"
        " answer to the contact has the purpose none. --purpose is required if BOT_OPT_IN is set"
        " or a flow has a purpose."
    ),
]


def send(
    contact: Contact,
    text: Annotated[str, typer.Argument(help="Text to send.")] = "",
    flow: FlowName = "",
    state: StateName = "",
    template: TemplateId = "",
    template_version: TemplateVersion = "",
    template_language: TemplateLanguage = "",
    template_channel: TemplateChannel = "",
    data: Annotated[
        str, typer.Option(help="Data of the flow, or parameters of the template, as a JSON object.")
    ] = "",
    id: Annotated[
        str, typer.Option(help="Id of the request. A second request with this id sends nothing.")
    ] = "",
    replace: Replace = False,
    purpose: Purpose = None,
) -> None:
    """Send a text or a template to a contact, or start a flow.

    The request is queued, and a worker sends it. Contacts who said STOP, or who don't consent to
    the purpose, get nothing. --purpose is only for texts and templates, because a flow declares its
    own purpose. During quiet hours the message waits.
    """
    import asyncio

    from bot.ops import broadcast, send
    from bot.ops.common import settings_here

    what: broadcast.Payload
    if sum(map(bool, (text, flow, template))) != 1:
        raise typer.BadParameter("Give a text, --flow or --template: exactly one of them.")
    if state and not flow:
        raise typer.BadParameter("--state needs --flow.")
    if purpose and flow:
        raise typer.BadParameter(
            "--purpose is only for texts and templates, because a flow declares its own purpose."
        )
    if template:
        what = broadcast.SentTemplate(
            *(template, template_version, template_language, template_channel.upper()),
            purpose=purpose or "",
        )
    elif flow:
        what = broadcast.FlowStart(flow, replace, state)
    else:
        what = send.SaidText(text, purpose or "")
    asyncio.run(send.send(settings_here(), what, contact, data, id))


def trigger(
    contact: Contact,
    event: Annotated[str, typer.Argument(help="Name of the event.")],
    data: Annotated[str, typer.Option(help="Data of the event, as a JSON object.")] = "",
    id: Annotated[
        str, typer.Option(help="Id of the event. A second event with this id is ignored.")
    ] = "",
    expires: Annotated[
        str,
        typer.Option(
            help="Time for which the event waits for a flow that handles it, such as 24h."
        ),
    ] = "",
    wait: Annotated[
        str, typer.Option(help="Time to wait for the outcome, such as 10s, the maximum.")
    ] = "2s",
) -> None:
    """Trigger an event of your own for a contact, and print the outcome.

    A worker handles the event in order with the contact's messages. The exit status is 1 if no flow
    has handled the event, or if its handler has failed.
    """
    from bot.ops import trigger
    from bot.ops.common import run

    run(
        lambda store: trigger.trigger(
            store, contact, event, data, id=id, expires=expires, wait=wait
        )
    )


@broadcast_app.command("start", epilog=example("bot broadcast start reminder --csv contacts.csv"))
def broadcast(
    file: Annotated[
        Path,
        typer.Option(
            "--csv",
            help="CSV file with the column contact, or the columns channel and identity. The column"
            " fallback is optional. All other columns are data.",
        ),
    ],
    flow: Annotated[str, typer.Argument(help="Flow to start.", autocompletion=flow_names)] = "",
    state: StateName = "",
    template: TemplateId = "",
    template_version: TemplateVersion = "",
    template_language: TemplateLanguage = "",
    template_channel: TemplateChannel = "",
    name: Annotated[
        str,
        typer.Option(
            help="Name of the broadcast. A second command with this name continues the broadcast."
            " Default: flow and file."
        ),
    ] = "",
    rate: Annotated[
        float | None,
        typer.Option(
            min=0, help="Maximum contacts per second; 0: no limit. Default: half of BOT_SEND_RATE."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only check the file, and count the contacts.")
    ] = False,
    skip_invalid: Annotated[
        bool,
        typer.Option("--skip-invalid", help="Skip rows that can't be used; send the other rows."),
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print the result as JSON, with the rows that were not sent."),
    ] = False,
    replace: Replace = False,
    purpose: Purpose = None,
) -> None:
    """Start a flow for each contact in a CSV file, or send a template to each contact (default
    command).

    The file is checked before anything is sent. Run the command again under the same name to
    continue after an interruption. No contact gets the message twice. Contacts who said STOP, or
    who don't consent to the purpose, are left out. --purpose is only for templates, because a flow
    declares its own purpose. During quiet hours messages wait.

    The exit status is 1 if a row was not sent, or if all rows were sent before. The exit status is
    also 1 if a row can't be used, unless --skip-invalid is set.
    """
    import asyncio

    from bot.ops import broadcast
    from bot.ops.common import settings_here

    what: broadcast.Payload
    if bool(flow) is bool(template):
        raise typer.BadParameter("Give either a flow or --template.")
    if state and not flow:
        raise typer.BadParameter("--state needs a flow.")
    if purpose and flow:
        raise typer.BadParameter(
            "--purpose is only for templates, because a flow declares its own purpose."
        )
    if template:
        what = broadcast.SentTemplate(
            *(template, template_version, template_language, template_channel.upper()),
            purpose=purpose or "",
        )
    else:
        what = broadcast.FlowStart(flow, replace, state)
    settings = settings_here()
    asyncio.run(
        broadcast.broadcast(
            *(settings, what, file, name, rate),
            dry_run=dry_run,
            skip_invalid=skip_invalid,
            as_json=as_json,
        )
    )


@broadcast_app.command(epilog=example("bot broadcast report reminder/contacts.csv"))
def report(
    name: Annotated[
        str,
        typer.Argument(
            help="Name of the broadcast. Default: the latest broadcasts.",
            autocompletion=broadcast_names,
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """Count a broadcast's contacts by outcome: sent, delivered, read, failed, answered, stopped.

    The outcomes are stored for 90 days after the latest outcome.
    """
    from bot.ops import broadcast_report
    from bot.ops.common import run

    run(lambda store: broadcast_report.report(store, name, as_json=as_json), reading=True)


@broadcast_app.command(epilog=example("bot broadcast cancel reminder/contacts.csv"))
def cancel(
    name: Annotated[
        str,
        typer.Argument(
            help="Name of the broadcast, from `bot broadcast report`.",
            autocompletion=broadcast_names,
        ),
    ],
    as_json: Json = False,
) -> None:
    """Cancel a broadcast, so that its unsent rows are not sent.

    This includes rows that wait in the queue, for the end of quiet hours, or until a person has
    handed the contact back. A running `bot broadcast` ends. The name can't be used again. Repeating
    the command changes nothing.
    """
    from bot.clock import SystemClock
    from bot.ops import broadcast_report
    from bot.ops.common import run

    now = SystemClock().now()
    run(lambda store: broadcast_report.cancel_and_print(store, name, now, as_json=as_json))
