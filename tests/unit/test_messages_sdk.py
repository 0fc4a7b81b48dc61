"""The official SDK knows every field of every message that can be written.

The SDK accepts unknown fields, so the tests search its result for them. The SDK has a separate
class for the fields besides the body, such as overrides.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from sinch.domains.conversation.models.v1.messages.internal.request.send_message_request_body import (  # noqa: E501
    SendMessageRequestBody,
)
from sinch.domains.conversation.models.v1.messages.shared.app_message_common_props import (
    AppMessageCommonProps,
)

PAYLOADS = sorted((Path(__file__).parent.parent / "payloads" / "messages").glob("*.json"))
BESIDE = set(AppMessageCommonProps.model_fields)


def unknown(value: Any, at: str) -> Iterator[str]:
    """Yield the path of each field for which the SDK has no name."""
    if isinstance(value, BaseModel):
        yield from (f"{at}.{name}" for name in value.model_extra or ())
        for name in type(value).model_fields:
            yield from unknown(getattr(value, name), f"{at}.{name}")
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from unknown(inner, f"{at}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from unknown(inner, f"{at}[{index}]")


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_every_field_has_a_name_there(path: Path) -> None:
    message = json.loads(path.read_text())
    body = {name: value for name, value in message.items() if name not in BESIDE}
    beside = {name: value for name, value in message.items() if name in BESIDE}

    read = SendMessageRequestBody.model_validate(body)
    others = AppMessageCommonProps.model_validate(beside)

    assert [*unknown(read, "message"), *unknown(others, "beside")] == []
    assert read.model_dump(mode="json", by_alias=True, exclude_unset=True) == body
