"""Generated requests, good and bad, to every endpoint."""

import json
import random
import re
from pathlib import Path
from typing import Any

from bot.emulator.routes import ENDPOINTS
from tests.support.junk import JUNK, with_junk
from tests.support.tried import tried

ROUNDS = 1_500
SAMPLES = Path(__file__).parent.parent / "payloads" / "messages"
MESSAGES = [json.loads(path.read_text()) for path in sorted(SAMPLES.glob("*.json"))]
USER_ID = "US.13491208655302741918"

Json = dict[str, Any]


class Ids:
    """Ids that exist, and some that don't."""

    def __init__(self, app: str, dice: random.Random) -> None:
        self.known: dict[str, list[str]] = {
            "app_id": [app],
            "identity": ["46700000001", USER_ID],
            "list_type": ["OPT_OUT_ALL", "OPT_OUT_MARKETING"],
        }
        self._dice = dice

    def note(self, answer: Any) -> None:
        """Remember the ids in a response."""
        if isinstance(answer, dict):
            for name, value in answer.items():
                if name.endswith("_id") and isinstance(value, str) and value:
                    self.known.setdefault(name, []).append(value)
                self.note(value)
        elif isinstance(answer, list):
            for each in answer:
                self.note(each)

    def any(self, name: str) -> str:
        name = {"destination_id": "contact_id", "source_id": "contact_id"}.get(name, name)
        fallback = ["nope", "%00", "a/b", "é", "x" * 300, "0"]
        known = self.known.get(name)
        return self._dice.choice(known if known and self._dice.random() < 0.8 else fallback)


def body_of(path: str, ids: Ids, dice: random.Random) -> Json:
    """Return a valid body for the endpoint, with some ids that don't exist."""
    app, contact = ids.any("app_id"), ids.any("contact_id")
    channel, identity = dice.choice(
        [("SMS", "46700000001"), ("WHATSAPP", USER_ID), ("MESSENGER", "7746490198930851")]
    )
    whom = {"channel": channel, "identity": identity}
    recipient: Json = dice.choice(
        [{"contact_id": contact}, {"identified_by": {"channel_identities": [whom]}}]
    )
    to = {"app_id": app, "recipient": recipient}
    message = dice.choice(MESSAGES)
    said = {"text_message": {"text": "Hello"}}
    bodies: dict[str, Json] = {
        "/messages:send": {**to, "message": message, "message_metadata": "m", "ttl": "10s"},
        "/messages:fetch-last-message": {"app_id": app, "contact_ids": [contact]},
        "/messages:transcode": {
            "app_id": app,
            "app_message": message,
            "channels": [channel],
            "from": app,
            "to": identity,
        },
        "/messages/{message_id}": {"metadata": "m"},
        "/events:send": {**to, "event": {"generic_event": {"payload": {"a": 1}}}},
        "/contacts": {"channel_identities": [whom], "language": "EN_GB", "display_name": "Ada"},
        "/contacts:getChannelProfile": {**to, "channel": channel},
        "/contacts/{destination_id}:merge": {"source_id": contact, "strategy": "MERGE"},
        "/contacts/{contact_id}": {"display_name": "Ada L.", "channel_identities": [whom]},
        "/conversations": {"app_id": app, "contact_id": contact, "active": True},
        "/conversations/{conversation_id}": {"metadata": "m", "active": False},
        "/conversations/{conversation_id}:inject-message": {
            "app_message": said,
            "accept_time": "2025-01-01T00:00:00Z",
            "direction": "TO_CONTACT",
            "channel_identity": whom,
            "contact_id": contact,
        },
        "/conversations/{conversation_id}:inject-event": {
            "app_event": {"composing_event": {}},
            "accept_time": "2025-01-01T00:00:00Z",
            "channel_identity": whom,
            "contact_id": contact,
        },
        "/apps": {
            "display_name": "App",
            "channel_credentials": [
                {"channel": "SMS", "static_bearer": {"claimed_identity": "p", "token": "t"}}
            ],
        },
        "/apps/{app_id}": {"display_name": "App"},
        "/webhooks": {
            "app_id": app,
            "target": "https://bot.example/other",
            "target_type": "HTTP",
            "triggers": ["MESSAGE_INBOUND"],
        },
        "/webhooks/{webhook_id}": {"triggers": ["MESSAGE_DELIVERY"]},
        "/capability:query": to,
        "/optins:register": {**to, "channels": [channel]},
        "/optouts:register": {**to, "channels": [channel]},
        "/settings": {"contact_scope": "PROJECT"},
    }
    return bodies[path]


def query(ids: Ids, dice: random.Random) -> dict[str, str]:
    values = {
        "page_size": dice.choice(["1", "10", "0", "-1", "x", "9999999999999999999"]),
        "page_token": dice.choice(["x", "é", ""]),
        "update_mask": dice.choice(["metadata", "display_name,triggers", "a.b", "*", ""]),
        "start_time": dice.choice(["2025-01-01T00:00:00Z", "yesterday"]),
        "only_active": dice.choice(["true", "2"]),
        "messages_source": dice.choice(["DISPATCH_SOURCE", "CONVERSATION_SOURCE", "x"]),
        **{name: ids.any(name) for name in ("app_id", "contact_id", "conversation_id")},
    }
    return dict(dice.sample(sorted(values.items()), dice.randint(0, 3)))


async def test_every_request_is_answered_in_the_api_s_form(api, platform):
    dice = random.Random(24)
    ids = Ids(platform.app_id, dice)
    statuses: dict[str, set[int]] = {}
    for round in range(ROUNDS):
        endpoint = dice.choice(ENDPOINTS)
        if endpoint.method == "DELETE" and dice.random() < 0.7:
            continue  # Else there is little left for the others.
        path = re.sub(r"{(\w+)}", lambda name: ids.any(name[1]), endpoint.path)
        sent: dict[str, Any] = {"params": query(ids, dice)}
        if endpoint.body is not None:
            body: Any = body_of(endpoint.path, ids, dice)
            if dice.random() < 0.4:
                body = with_junk(body, dice)
            elif dice.random() < 0.05:
                body = dice.choice(JUNK)
            sent["content"] = json.dumps(body)
            sent["headers"] = {"content-type": "application/json"}
        answer = await api(endpoint.method, path, **sent)
        what = f"{round}: {endpoint.method} {path} {sent}: {answer.text}"[:2_000]
        statuses.setdefault(f"{endpoint.method} {endpoint.path}", set()).add(answer.status_code)

        assert answer.status_code in (200, 400, 403, 404, 409, 412), what
        found = answer.json()
        if answer.status_code == 200:
            assert isinstance(found, dict), what
            ids.note(found)
            if "id" in found:
                kind = endpoint.path.split("/")[1].partition(":")[0].removesuffix("s")
                ids.known.setdefault(f"{kind}_id", []).append(found["id"])
        else:
            assert found["error"]["code"] == answer.status_code, what
            assert found["error"]["status"], what
            assert found["error"]["message"], what
    tried("generated requests to the emulator", ROUNDS)

    served = [name for name, found in statuses.items() if 200 in found]
    assert len(served) > 0.8 * len(ENDPOINTS)
