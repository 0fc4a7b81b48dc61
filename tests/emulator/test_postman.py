"""The Postman collection is made from the samples, and the emulator accepts each request."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.emulator import Webhook
from tests.support.live_emulator import Live

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "sinch.postman_collection.json"
NEWMAN = Path(sys.prefix) / "node" / "node_modules" / ".bin" / "newman"
VARIABLE = re.compile(r"{{(\w+)}}")
KEEPS = re.compile(r'set\("(\w+)", pm\.response\.json\(\)\.(\w+)\)')


def requests(folder: Any) -> Iterator[Any]:
    for item in folder["item"]:
        if "item" in item:
            yield from requests(item)
        else:
            yield item


def variables(live: Live) -> dict[str, str]:
    world = live.platform.world
    return {
        "api_url": f"http://{live.origin}",
        "auth_url": f"http://{live.origin}",
        "project_id": world.project_id,
        "app_id": world.app_id,
        "key_id": world.key_id,
        "key_secret": world.key_secret,
    }


@pytest.fixture
def live(webhook: Webhook) -> Iterator[Live]:
    live = Live(webhook)
    live.start()
    yield live
    live.stop()


def test_collection_is_up_to_date():
    spec = importlib.util.spec_from_file_location("postman", ROOT / "docs" / "postman.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    # `make postman` writes it again.
    assert FILE.read_text(encoding="utf-8") == module.as_text()


def test_collection_has_every_sample_and_no_secret():
    text = FILE.read_text(encoding="utf-8")
    names = {item["name"] for item in requests(json.loads(text))}
    samples = {path.stem for path in (ROOT / "tests/payloads/messages").glob("*.json")}

    assert {f"Send {stem.replace('_', ' ')}" for stem in samples} <= names
    given = {one["key"]: one["value"] for one in json.loads(text)["variable"]}
    assert (given["project_id"], given["key_id"], given["key_secret"]) == ("", "", "")


def test_every_request_is_taken_by_the_emulator(live: Live):
    collection = json.loads(FILE.read_text(encoding="utf-8"))
    known = {one["key"]: one["value"] for one in collection["variable"]} | variables(live)

    def filled(text: str) -> str:
        return VARIABLE.sub(lambda found: known[found[1]], text)

    answers = {}
    with httpx.Client() as http:
        for item in requests(collection):
            request = item["request"]
            sent: dict[str, Any] = {"headers": {"authorization": f"Bearer {known.get('token')}"}}
            if "auth" in request:
                basic = [filled(one["value"]) for one in request["auth"]["basic"]]
                sent = {"auth": (basic[0], basic[1])}
            if body := request.get("body"):
                if body["mode"] == "raw":
                    sent["json"] = json.loads(filled(body["raw"]))
                else:
                    sent["data"] = {one["key"]: one["value"] for one in body["urlencoded"]}
            url = filled(request["url"]["raw"])
            answer = http.request(request["method"], url, **sent)
            answers[item["name"]] = (answer.status_code, answer.text)
            for variable, field in KEEPS.findall("".join(item["event"][0]["script"]["exec"])):
                known[variable] = answer.json()[field]

    refused = {name: got for name, got in answers.items() if not 200 <= got[0] < 300}
    assert refused == {}
    assert len(answers) > 35


@pytest.mark.skipif(not NEWMAN.exists(), reason="newman isn't installed: make sdk")
@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")
def test_newman_runs_the_collection_against_the_emulator(live: Live):
    given = [f"{name}={value}" for name, value in variables(live).items()]
    more = [part for each in given for part in ("--env-var", each)]
    ran = subprocess.run(
        [str(NEWMAN), "run", str(FILE), "--bail", *more],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout[-3000:]
