"""Downloaded files of contacts."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class DownloadedFile(msgspec.Struct, frozen=True):
    """The content of a file. `kind` is image, video, audio, document or unknown.

    `mime_type` is "" if the file's host does not report it.
    """

    content: bytes
    kind: str
    mime_type: str = ""
    filename: str = ""

    def __repr__(self) -> str:
        return f"DownloadedFile({len(self.content)} bytes, {self.kind!r}, {self.mime_type!r})"


class Downloader(Protocol):
    """Downloads the files of messages."""

    async def download(
        self, url: str, filename: str, max_bytes: int, kinds: Sequence[str]
    ) -> DownloadedFile:
        """Return the file.

        Raises:
            DownloadError: see `ContactMessage.download`.
        """
