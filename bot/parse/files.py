"""Parser of files that a contact sends: images, videos, sound, documents."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from posixpath import basename, splitext
from urllib.parse import unquote, urlsplit

import msgspec

from bot.errors import FlowError
from bot.i18n.languages import _
from bot.parse.answer import Answer, NotUnderstood, Parser

KINDS = ("image", "video", "audio", "document", "unknown")

_NAMED = {
    "image": _("an image"),
    "video": _("a video"),
    "audio": _("a recording"),
    "document": _("a document"),
    "unknown": _("a file"),
}

_EXTENSIONS = {
    "image": "jpg jpeg jfif png gif webp heic heif avif bmp tif tiff svg",
    "video": "mp4 m4v mov 3gp 3gpp 3g2 webm mkv avi mpg mpeg wmv ogv",
    "audio": "mp3 m4a aac ogg oga opus wav amr flac wma weba caf aif aiff",
    "document": (
        "pdf doc docx dot dotx odt rtf txt md csv xls xlsx ods ppt pptx odp pages numbers key"
        " epub zip json xml html htm vcf ics"
    ),
}
_KIND_OF = {end: kind for kind, ends in _EXTENSIONS.items() for end in ends.split()}


class Media(msgspec.Struct, frozen=True, tag="media"):
    """A file that a contact has sent.

    `url` may expire after some days. `kind` is one of `KINDS`.

    `mime_type` is "" if unknown. `size` is in bytes, or None if unknown.
    """

    url: str
    kind: str
    filename: str = ""
    caption: str = ""
    mime_type: str = ""
    size: int | None = None


Probe = Callable[[str], tuple[str, int | None] | Awaitable[tuple[str, int | None]]]
"""A function that returns the media type and the size in bytes of the file at a URL.

An unknown media type is "", and an unknown size is None.
"""


def media(
    *,
    kinds: Sequence[str] = KINDS,
    max_bytes: int | None = None,
    probe: Probe | None = None,
) -> Parser[Media]:
    """Parse a file of one of these kinds, from a media message or a media card with a caption.

    A callback has the URL of the file, but no media type and no size. Not every URL ends in a file
    name; for example, the URLs of Instagram do not. The kind of a file without a known name is
    "unknown". Such a file is accepted only if `kinds` includes "unknown".

    If `probe` is given, `probe` is called for the missing media type and size. The URL that `probe`
    gets comes from the contact and may point into your own network. So write a `probe` that sends
    requests to known hosts only and follows no redirects. With httpx, for example:

        async def probe(url):
            if httpx.URL(url).host not in ("media.example.com",):
                return "", None
            head = (await client.head(url)).headers
            size = head.get("content-length")
            return head.get("content-type", ""), int(size) if size else None

    If `probe` does not know the size of a file, the file is accepted.

    Raises:
        FlowError: a kind is not in `KINDS`, or `max_bytes` is given without `probe`.
    """
    _check(kinds, max_bytes, probe)

    async def read(answer: Answer) -> Media:
        named = _(" or ").join(_(_NAMED[kind]) for kind in kinds)
        hint = _("Please send {kinds}.", kinds=named)
        found = _sent(answer)
        if found is None:
            raise NotUnderstood(hint)
        if probe is not None:
            found = await _probed(found, probe)
        if found.kind not in kinds:
            raise NotUnderstood(hint)
        if max_bytes is not None and (found.size or 0) > max_bytes:
            most = _readable(max_bytes)
            raise NotUnderstood(_("Please send a file of at most {size}.", size=most))
        return found

    return Parser(Media, read)


def _check(kinds: Sequence[str], max_bytes: int | None, probe: Probe | None) -> None:
    if not kinds or not set(kinds) <= set(KINDS):
        raise FlowError(
            f"parse.media(kinds={kinds!r}): kinds must be a list of one or more of"
            f" {', '.join(KINDS)}."
        )
    if max_bytes is not None and probe is None:
        raise FlowError(
            f"parse.media(max_bytes={max_bytes}) needs `probe`, a function that finds out how large"
            " a file is, because callbacks don't contain the size."
        )


def _sent(answer: Answer) -> Media | None:
    message = answer.message
    name, caption = "", ""
    if message.media_message:
        url, name = message.media_message.url, message.media_message.filename_override
    elif message.media_card_message:
        url, caption = message.media_card_message.url, message.media_card_message.caption
    else:
        return None
    if not url:
        return None
    name = name or _name_in(url)
    return Media(url, kind_of_file(url, name), name, caption)


def kind_of_file(url: str, filename: str = "", mime_type: str = "") -> str:
    """Return the kind of a file, one of `KINDS`.

    The media type decides. If the media type is missing or generic, the file's name decides, then
    the URL.
    """
    return (
        _kind_by_mime_type(mime_type)
        or _kind_by_name(filename)
        or _kind_by_name(_name_in(url))
        or "unknown"
    )


async def _probed(found: Media, probe: Probe) -> Media:
    answer = probe(found.url)
    mime_type, size = await answer if inspect.isawaitable(answer) else answer
    mime_type = mime_type.partition(";")[0].strip().lower()
    kind = _kind_by_mime_type(mime_type) or found.kind
    return msgspec.structs.replace(found, kind=kind, mime_type=mime_type, size=size)


def _name_in(url: str) -> str:
    try:
        return basename(unquote(urlsplit(url).path))
    except ValueError:
        return ""


def _kind_by_name(name: str) -> str:
    return _KIND_OF.get(splitext(name)[1].lower().removeprefix("."), "")


def _kind_by_mime_type(mime_type: str) -> str:
    """Return the kind of files with this media type; "" if the type is missing or generic."""
    family = mime_type.partition("/")[0]
    if family in ("image", "video", "audio"):
        return family
    return "document" if mime_type not in ("", "application/octet-stream") else ""


def _readable(size: int) -> str:
    for unit, name in ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} bytes"
