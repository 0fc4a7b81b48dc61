"""`bot emulator`: only the local Conversation API, for any client."""

import asyncio
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from bot.clock import SystemClock
from bot.emulator.api_error import ApiError
from bot.emulator.core import REAL_TIME
from bot.emulator.fault_injection import (
    CallbackFault,
    DeliveryFault,
    Faults,
    RequestFault,
    rules_from,
)
from bot.emulator.platform import Platform
from bot.emulator.routes.webhooks import CREATE
from bot.emulator.sample_project import SampleProject
from bot.emulator.serving import serve
from bot.emulator.storage import load
from bot.emulator.validation import require
from bot.errors import ConfigError
from bot.i18n.printable import echo
from bot.settings import REGIONS

_WORLD = SampleProject()


def _option(help: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, **more)


def _fault(help: str, *names: str, **more: Any) -> Any:
    return _option(help, *names, rich_help_panel="Faults", **more)


def emulator(
    host: Annotated[str, _option("Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, _option("Port to listen on; 0 takes a free port.", min=0, max=65535)
    ] = 8081,
    project_id: Annotated[str, _option("Id of the project.")] = _WORLD.project_id,
    app_id: Annotated[str, _option("Id of the app.")] = _WORLD.app_id,
    key_id: Annotated[str, _option("Id of the access key.")] = _WORLD.key_id,
    key_secret: Annotated[
        str, _option("Secret of the access key. Default: a new secret in each run.")
    ] = "",
    region: Annotated[str, _option("Region: eu, us or br.")] = _WORLD.region,
    mode: Annotated[
        str, _option("Processing mode of the app: CONVERSATION or DISPATCH.")
    ] = "CONVERSATION",
    dispatch_retention: Annotated[
        int, _option("Days for which DISPATCH mode stores messages.", min=0, max=7)
    ] = _WORLD.dispatch_retention_days,
    webhook: Annotated[
        list[str] | None, _option("URL to send callbacks to; may be repeated.")
    ] = None,
    webhook_secret: Annotated[
        str, _option("Secret that signs callbacks.")
    ] = "emulator-webhook-secret",
    data: Annotated[Path | None, _option("File to store the state in.", dir_okay=False)] = None,
    token_lifetime: Annotated[int, _option("Lifetime of access tokens in seconds.", min=1)] = 3600,
    retry_scale: Annotated[
        float, _option("Factor for the pauses before retries of callbacks.", min=0)
    ] = 1.0,
    resign_retries: Annotated[
        bool,
        _option("Sign each retry of a callback again, with a new timestamp.", "--resign-retries"),
    ] = False,
    consent: Annotated[
        bool,
        _option(
            "Change the contact's consent on STOP and START, as Sinch can be configured to do.",
            "--consent",
        ),
    ] = False,
    seed: Annotated[int, _option("Seed of random faults.")] = 0,
    latency: Annotated[float, _fault("Delay of each request in seconds.", min=0)] = 0.0,
    slow_token: Annotated[
        float, _fault("Seconds before the emulator returns an access token.", min=0)
    ] = 0.0,
    refuse: Annotated[
        float, _fault("Share of requests to refuse, from 0 to 1.", min=0, max=1)
    ] = 0.0,
    refuse_status: Annotated[
        int, _fault("HTTP status of refused requests.", min=400, max=599)
    ] = 503,
    retry_after: Annotated[str, _fault("Retry-After header of refused requests.")] = "",
    drop_before: Annotated[
        float, _fault("Share of requests to drop without an answer, from 0 to 1.", min=0, max=1)
    ] = 0.0,
    drop_after: Annotated[
        float,
        _fault(
            "Share of requests to carry out and then drop without an answer, from 0 to 1.",
            min=0,
            max=1,
        ),
    ] = 0.0,
    wrong_region: Annotated[
        bool,
        _fault(
            "Answer requests with 404, like the API's hosts of other regions.", "--wrong-region"
        ),
    ] = False,
    late: Annotated[float, _fault("Delay of each callback in seconds.", min=0)] = 0.0,
    reorder: Annotated[
        float, _fault("Maximum random extra delay of callbacks in seconds.", min=0)
    ] = 0.0,
    duplicate: Annotated[
        float, _fault("Share of callbacks to send twice, from 0 to 1.", min=0, max=1)
    ] = 0.0,
    fail: Annotated[
        list[str] | None,
        _fault("Numbers that can't be reached, such as 4670000* or 46700000000-46700000099."),
    ] = None,
    faults: Annotated[
        Path | None,
        _fault(
            "JSON file with faults, in the format of PUT /emulator/faults.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Run a local Conversation API. It needs no account and sends nothing to other machines."""
    platform = Platform(
        SystemClock(),
        seed=seed,
        world=SampleProject(
            project_id=project_id,
            app_id=app_id,
            key_id=key_id,
            key_secret=key_secret or secrets.token_urlsafe(24),
            region=_one_of("--region", region, REGIONS),
            processing_mode=_one_of("--mode", mode, ("CONVERSATION", "DISPATCH")),
            dispatch_retention_days=dispatch_retention,
        ),
        behavior=REAL_TIME.but(
            token_lifetime_s=token_lifetime,
            retry_scale=retry_scale,
            resign_retries=resign_retries,
            consent_management=consent,
        ),
        state=None if data is None else load(data),
    )
    if faults is not None:
        _read_faults(platform.faults, faults)
    platform.faults.add(
        *_token_faults(slow_token),
        *_request_faults(refuse, refuse_status, retry_after, drop_before, drop_after, wrong_region),
        *_callback_faults(reorder, duplicate),
        *(DeliveryFault(identity=numbers) for numbers in fail or ()),
    )
    platform.faults.rules.request_delay_s += latency
    platform.faults.rules.callback_delay_s += late
    for target in webhook or ():
        _register(platform, target, webhook_secret)
    try:
        asyncio.run(serve(platform, host, port, data, lambda url: _announce(platform, url)))
    except KeyboardInterrupt:
        return


def _one_of(option: str, given: str, choices: Sequence[str]) -> str:
    for choice in choices:
        if choice.lower() == given.lower():
            return choice
    raise ConfigError(f"{option} is {given!r}; it takes {', '.join(choices)}.")


def _read_faults(faults: Faults, path: Path) -> None:
    try:
        faults.rules = rules_from(msgspec.json.decode(path.read_bytes()))
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(f"--faults {path} can't be used: {error}") from error


def _token_faults(slow_token: float) -> list[RequestFault]:
    return [RequestFault(on="POST /oauth2/token", delay_s=slow_token)] if slow_token else []


def _request_faults(
    refuse: float,
    refuse_status: int,
    retry_after: str,
    drop_before: float,
    drop_after: float,
    wrong_region: bool,
) -> list[RequestFault]:
    """Return the rules that cause these faults on the API's paths except the token endpoint."""
    on = "* /v1/*"
    refusal = RequestFault(
        on=on,
        action="refuse",
        status=refuse_status,
        retry_after=retry_after or None,
        rate=refuse,
    )
    rules = [
        RequestFault(on=on, action="region", rate=float(wrong_region)),
        RequestFault(on=on, action="drop", rate=drop_before),
        RequestFault(on=on, action="drop", taken=True, rate=drop_after),
        refusal,
    ]
    return [rule for rule in rules if rule.rate]


def _callback_faults(reorder: float, duplicate: float) -> list[CallbackFault]:
    rules = [
        CallbackFault(jitter_s=reorder, copies=1, rate=duplicate),
        CallbackFault(jitter_s=reorder, rate=float(reorder > 0)),
    ]
    return [rule for rule in rules if rule.rate]


def _register(platform: Platform, target: str, secret: str) -> None:
    """Register the webhook. If the saved state has a webhook with this target, set its secret."""
    for webhook in platform.apps.webhooks(platform.app_id):
        if webhook["target"] == target:
            webhook["secret"] = secret
            return
    try:
        require(CREATE, {"app_id": platform.app_id, "target": target, "secret": secret})
        platform.register_webhook(target, secret)
    except ApiError as error:
        reasons = "; ".join(one.description for one in error.violations) or error.message
        raise ConfigError(f"--webhook {target!r} can't be registered: {reasons}.") from error


def _announce(platform: Platform, url: str) -> None:
    """Print the emulator's address and credentials as settings to copy."""
    settings = platform.world.environment(url)
    for webhook in platform.apps.webhooks(platform.app_id)[:1]:
        settings["SINCH_WEBHOOK_SECRET"] = webhook["secret"]
    echo(f"The Conversation API is at {url}")
    echo("Ctrl-C stops the emulator.")
    for name, value in settings.items():
        echo(f"{name}={value}")
