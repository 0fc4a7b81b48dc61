"""A file that a contact has sent, after it was downloaded."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class DownloadedFile(msgspec.Struct, frozen=True):
    """A file's content. `kind` is image, video, audio, document or unknown; `mime_type` is empty if
    the host of the file doesn't report it.
    """

    content: bytes
    kind: str
    mime_type: str = ""
    filename: str = ""

    def __repr__(self) -> str:
        return f"DownloadedFile({len(self.content)} bytes, {self.kind!r}, {self.mime_type!r})"


class Downloader(Protocol):
    """What downloads the files of messages."""

    async def download(
        self, url: str, filename: str, max_bytes: int, kinds: Sequence[str]
    ) -> DownloadedFile:
        """Return the file; raises `DownloadError`."""
