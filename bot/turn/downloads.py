"""Downloads files of contacts and checks their type."""

from collections.abc import Sequence
from posixpath import basename
from urllib.parse import unquote, urlsplit

from bot.callbacks.files import DownloadedFile
from bot.conversation_api.media_files import MediaFiles
from bot.errors import DownloadError, FlowError
from bot.parse.files import KINDS, kind_of_file


class Downloads:
    """Downloads files for the messages of turns."""

    def __init__(self, media_files: MediaFiles) -> None:
        self._media_files = media_files

    async def download(
        self, url: str, filename: str, max_bytes: int, kinds: Sequence[str]
    ) -> DownloadedFile:
        """Return the file at `url`; see `ContactMessage.download`.

        Raises:
            DownloadError: the download fails, or the file has another type.
            FlowError: a kind is not in `KINDS`.
        """
        if not kinds or isinstance(kinds, str) or not set(kinds) <= set(KINDS):
            raise FlowError(
                f"download(kinds={kinds!r}): kinds must be a list of one or more of"
                f" {', '.join(KINDS)}."
            )
        content, mime_type = await self._media_files.fetch(url, max_bytes)
        kind = kind_of_file(url, filename, mime_type)
        if kind not in kinds:
            raise DownloadError(f"The file is of kind {kind}, not {' or '.join(kinds)}.")
        name = filename or basename(unquote(urlsplit(url).path))
        return DownloadedFile(content, kind, mime_type, name)
