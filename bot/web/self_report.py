"""The report of a process for `bot doctor`.

`bot doctor` requests the report by a callback of an app that does not exist.

The callback is signed like any other, so only somebody who knows SINCH_WEBHOOK_SECRET gets the
report. The report has data that is not visible from outside: the app, the store and the refused
callbacks of the process.
"""

import os
from importlib.metadata import version

import msgspec
from starlette.responses import Response
from starlette.types import Scope

from bot.callbacks.signature import NONCE_HEADER
from bot.runtime import Runtime
from bot.telemetry import metrics

DOCTOR = "bot-doctor"
"""The app id of the callbacks that `bot doctor` signs, and the beginning of their nonces."""

THIS_IS_A_BOT = "This is a bot."
"""The beginning of the response to an unknown path."""

_NONCE_HEADER = NONCE_HEADER.encode()


class SelfReport(msgspec.Struct, kw_only=True):
    """The report of a process about itself.

    `store` is the id of its store, and `place` the store's address. `accepted`, `refused` and
    `ignored` count callbacks since the process started. The counts in `refused` and `ignored` are
    by reason. `now` is the time of the process in Unix seconds.
    """

    app: str
    store: str
    place: str
    version: str
    pid: int
    now: float
    max_body_bytes: int
    accepted: int
    refused: dict[str, int]
    ignored: dict[str, int]


async def respond(runtime: Runtime) -> Response:
    """Return the report of this process as a response.

    Raises:
        StoreError: the store failed.
    """
    owner = await runtime.store.owner()
    report = SelfReport(
        app=runtime.settings.app_id,
        store=owner.store if owner else "",
        place=runtime.store.place,
        version=version("conversation-bot"),
        pid=os.getpid(),
        now=runtime.clock.now(),
        max_body_bytes=runtime.settings.max_body_bytes,
        accepted=sum(metrics.accepted.counts().values()),
        refused=metrics.refused.counts(),
        ignored=metrics.ignored.counts(),
    )
    return Response(msgspec.json.encode(report), media_type="application/json")


def no_such_path(scope: Scope) -> str:
    """Return the text for an unknown path.

    The text names the webhook's path, including the path at which the application is mounted.
    """
    return f"{THIS_IS_A_BOT} Its webhook is at {scope.get('root_path', '')}/webhook."


def is_forged_by_doctor(scope: Scope) -> bool:
    """Return whether a refused request is `bot doctor`'s test of a wrong signature."""
    return any(
        name.lower() == _NONCE_HEADER and value.startswith(DOCTOR.encode())
        for name, value in scope["headers"]
    )
