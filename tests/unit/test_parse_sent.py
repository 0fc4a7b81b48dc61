"""Answers that are sent instead of written: locations and files."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import parse
from bot.callbacks import ContactMessage
from bot.errors import FlowError
from tests.support import parsing


def read(parser: parse.Parser[Any], text: str = "", **message: Any) -> Any:
    return parsing.read(parser, text, message=msgspec.convert(message, ContactMessage))


def hint(parser: parse.Parser[Any], text: str = "", **message: Any) -> str:
    return parsing.hint(parser, text, message=msgspec.convert(message, ContactMessage))


def test_takes_a_location_sent_natively():
    sent = {
        "coordinates": {"latitude": 55.61, "longitude": 13.0},
        "title": "Station",
        "label": "Malmö",
    }

    found = read(parse.location, location_message=sent)

    assert found == parse.Location(55.61, 13.0, "Station", "Malmö")


@pytest.mark.parametrize(
    ("link", "place"),
    [
        ("https://maps.google.com/?q=55.61,13.0", (55.61, 13.0, "")),
        ("https://maps.google.com/maps?q=loc:55.61,13.0&z=15", (55.61, 13.0, "")),
        ("https://www.google.com/maps?ll=55.61,13", (55.61, 13.0, "")),
        ("https://www.google.com/maps/@55.61,13.0,15z", (55.61, 13.0, "")),
        ("https://www.google.co.uk/maps/search/?api=1&query=55.61%2C13.0", (55.61, 13.0, "")),
        ("https://www.google.de/maps/search/55.61,+13.0", (55.61, 13.0, "")),
        ("https://www.google.com/maps/place/55.61,13.0", (55.61, 13.0, "")),
        ("https://www.google.com/maps/dir/?api=1&destination=55.61,13.0", (55.61, 13.0, "")),
        ("https://www.google.com/maps/dir/1.5,2.5/55.61,13.0/", (55.61, 13.0, "")),
        (
            "https://www.google.com/maps/place/Malm%C3%B6+C/@55.6,13.01,17z"
            "/data=!3m1!4b1!4m6!3m5!1s0x0:0x0!8m2!3d55.61!4d13.0!16s",
            (55.61, 13.0, "Malmö C"),
        ),
        ("https://www.google.com/maps/place/Caf%C3%A9/@55.61,13.0,17z", (55.61, 13.0, "Café")),
        ("https://maps.apple.com/?ll=55.61,13.0&q=Malm%C3%B6%20C", (55.61, 13.0, "Malmö C")),
        ("https://maps.apple.com/?q=55.61,13.0", (55.61, 13.0, "")),
        ("https://maps.apple.com/place?coordinate=55.61,13.0&name=Home", (55.61, 13.0, "Home")),
        (
            "https://www.openstreetmap.org/?mlat=55.61&mlon=13.0#map=16/55.7/13.1",
            (55.61, 13.0, ""),
        ),
        ("https://www.openstreetmap.org/#map=16/55.61/13.0", (55.61, 13.0, "")),
        ("https://osm.org/#map=16.5/55.61/13.0&layers=N", (55.61, 13.0, "")),
        ("geo:55.61,13.0;u=35", (55.61, 13.0, "")),
        ("GEO:55.61,13.0?z=3", (55.61, 13.0, "")),
        ("maps.google.com/?q=-55.61,-13.0", (-55.61, -13.0, "")),
        ("geo:0,0?q=55.61,13.0(Home)", (55.61, 13.0, "Home")),
        ("geo:0,0?q=55.61%2C13.0", (55.61, 13.0, "")),
        ("geo:1.5,2.5?q=55.61,13.0(Shop)", (55.61, 13.0, "Shop")),
        (
            "https://maps.google.com/maps?q=loc:55.61,13.0+(Corner+Shop)",
            (55.61, 13.0, "Corner Shop"),
        ),
        ("https://waze.com/ul?ll=55.61,13.0&navigate=yes", (55.61, 13.0, "")),
        ("https://www.waze.com/live-map/directions?to=ll.55.61%2C13.0", (55.61, 13.0, "")),
        ("https://wego.here.com/?map=55.61,13.0,15,normal", (55.61, 13.0, "")),
        ("https://share.here.com/l/55.61,13.0,Home", (55.61, 13.0, "Home")),
        ("https://www.bing.com/maps?cp=55.61~13.0&lvl=16", (55.61, 13.0, "")),
        ("https://maps.apple.com/?daddr=55.61,13.0&ll=1.5,2.5", (55.61, 13.0, "")),
        (
            "https://www.openstreetmap.org/directions?from=1.5,2.5&to=55.61,13.0#map=10/3.0/4.0",
            (55.61, 13.0, ""),
        ),
        ("I'm here: https://maps.google.com/?q=55.61,13.0.", (55.61, 13.0, "")),
        ("(https://maps.google.com/?q=55.61,13.0)", (55.61, 13.0, "")),
    ],
)
def test_reads_the_coordinates_in_a_maps_link(link, place):
    assert read(parse.location, link) == parse.Location(*place)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("55.61, 13.0", (55.61, 13.0)),
        ("55.61,13.0", (55.61, 13.0)),
        ("(55.61 13.0)", (55.61, 13.0)),
        ("-55.61; -13.0", (-55.61, -13.0)),
        ("55.61° N, 13.0° E", (55.61, 13.0)),
        ("33.9s 18.4w", (-33.9, -18.4)),
        ("13.0 E, 55.61 N", (55.61, 13.0)),
        ("55,61 13,0", (55.61, 13.0)),
        ("N 55° 36.600 E 013° 00.000", (55.61, 13.0)),
        ("I am at 55.6100, 13.0000 now", (55.61, 13.0)),
    ],
)
def test_reads_coordinates_in_text(text, place):
    assert read(parse.location, text) == parse.Location(*place)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Malmö",
        "1, 3",
        "55,61, 13,0",
        "95.61, 13.0",
        "55.61, 183.0",
        "55.61",
        "https://maps.app.goo.gl/AbCdEf",
        "https://goo.gl/maps/AbCdEf",
        "https://www.google.com/maps/place/Malm%C3%B6",
        "https://maps.google.com/?q=95.0,13.0",
        "https://maps.google.com/?q=Malm%C3%B6",
        "https://maps.apple.com/?q=Malm%C3%B6",
        "https://www.openstreetmap.org/relation/10662422",
        "https://maps.google.com.example.com/?q=55.61,13.0",
        "https://example.com/?q=55.61,13.0",
        "https://user@example.com/maps.google.com/?q=55.61,13.0",
        "https://[maps.google.com/?q=55.61,13.0",
        "https://maps.google.com/?q=nan,inf",
        "geo:",
        "geo:0,0?q=Storgatan+1,+Lund",
        "https://www.google.com/maps/dir/Home/Storgatan+1/@3.0,4.0,10z",
        "https://www.openstreetmap.org/directions?from=a&to=b#map=10/3.0/4.0",
        "https://maps.apple.com/?daddr=Lund&ll=3.0,4.0",
        "55.610,13.000 or 55.705,13.193",
        "0705 55 01 38",
        "40 25'N 3 42'O",
        "https://maps.google.com/?" + "&".join(["q=1"] * 200),
    ],
)
def test_refuses_what_holds_no_place(text):
    says = "Please send your location, or a link to it on a map."

    assert hint(parse.location, text) == says


@pytest.mark.parametrize(
    "sent",
    [
        {"title": "nowhere"},
        {"coordinates": {"latitude": 91.0, "longitude": 0.0}},
        {"coordinates": {"latitude": float("nan"), "longitude": 0.0}},
    ],
)
def test_refuses_a_native_location_that_is_none(sent):
    assert hint(parse.location, location_message=sent)


@given(
    st.floats(-90, 90).map(lambda degrees: round(degrees, 6)),
    st.floats(-180, 180).map(lambda degrees: round(degrees, 6)),
)
def test_each_place_passes_through_a_link_and_through_json(latitude, longitude):
    found = read(parse.location, f"https://maps.google.com/?q={latitude:f},{longitude:f}")

    assert found == parse.Location(latitude, longitude)
    assert msgspec.convert(msgspec.to_builtins(found), parse.location.type) == found


def test_a_place_is_plain_json():
    assert msgspec.to_builtins(parse.Location(55.61, 13.0, "Home")) == {
        "type": "location",
        "latitude": 55.61,
        "longitude": 13.0,
        "title": "Home",
        "label": "",
    }


@pytest.mark.parametrize(
    ("message", "kind", "filename"),
    [
        ({"url": "https://cdn.example.com/a/cat.JPG?sig=x.pdf"}, "image", "cat.JPG"),
        ({"url": "https://cdn.example.com/clip.mp4"}, "video", "clip.mp4"),
        ({"url": "https://cdn.example.com/voice.ogg"}, "audio", "voice.ogg"),
        ({"url": "https://cdn.example.com/r%C3%A9sum%C3%A9.pdf"}, "document", "résumé.pdf"),
        ({"url": "https://cdn.example.com/01F7", "filename_override": "b.png"}, "image", "b.png"),
        ({"url": "https://cdn.example.com/b.png", "filename_override": "b"}, "image", "b"),
        ({"url": "https://cdn.example.com/?asset_id=1"}, "unknown", ""),
        ({"url": "https://cdn.example.com/setup.exe"}, "unknown", "setup.exe"),
        ({"url": "https://[broken/x.png"}, "unknown", ""),
    ],
)
def test_tells_the_kind_of_a_file_by_its_name(message, kind, filename):
    found = read(parse.media(), media_message=message)

    assert found == parse.Media(message["url"], kind, filename)


def test_takes_a_file_with_a_caption():
    sent = {"url": "https://cdn.example.com/cat.png", "caption": "my cat"}

    found = read(parse.media(kinds=["image"]), media_card_message=sent)

    assert found == parse.Media(sent["url"], "image", "cat.png", "my cat")


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"text_message": {"text": "https://cdn.example.com/cat.png"}},
        {"media_message": {"url": ""}},
        {"media_message": {"url": "https://cdn.example.com/cat.pdf"}},
        {"media_message": {"url": "https://cdn.example.com/?asset_id=1"}},
    ],
)
def test_says_which_files_it_takes(message):
    assert hint(parse.media(kinds=("image", "video")), "text", **message) == (
        "Please send an image or a video."
    )


@pytest.mark.parametrize(
    ("told", "kind", "mime_type", "size"),
    [
        (("image/JPEG; q=1", 1_000), "image", "image/jpeg", 1_000),
        (("application/pdf", 1_000), "document", "application/pdf", 1_000),
        (("audio/ogg", None), "audio", "audio/ogg", None),
        (("application/octet-stream", 0), "video", "application/octet-stream", 0),
        (("", None), "video", "", None),
    ],
)
def test_a_probe_tells_what_the_callback_lacks(told, kind, mime_type, size):
    async def probe(url: str) -> Any:
        assert url == "https://cdn.example.com/clip.mp4"
        return told

    parser = parse.media(probe=probe, max_bytes=1_000)

    found = read(parser, media_message={"url": "https://cdn.example.com/clip.mp4"})

    assert (found.kind, found.mime_type, found.size) == (kind, mime_type, size)
    assert msgspec.convert(msgspec.to_builtins(found), parser.type) == found


@pytest.mark.parametrize(
    ("most", "says"),
    [
        (5_000_000, "5 MB"),
        (1_500_000_000, "1.5 GB"),
        (64_000, "64 kB"),
        (100, "100 bytes"),
    ],
)
def test_refuses_a_file_that_is_too_large(most, says):
    parser = parse.media(max_bytes=most, probe=lambda url: ("image/png", most + 1))

    found = hint(parser, media_message={"url": "https://cdn.example.com/cat.png"})

    assert found == f"Please send a file of at most {says}."


def test_the_kind_that_a_probe_finds_counts():
    parser = parse.media(kinds=["image"], probe=lambda url: ("text/html", None))

    assert hint(parser, media_message={"url": "https://cdn.example.com/cat.png"}) == (
        "Please send an image."
    )


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: parse.media(kinds=["picture"]), "image, video, audio, document, unknown"),
        (lambda: parse.media(kinds=[]), "kinds must be a list of one or more of"),
        (lambda: parse.media(max_bytes=5_000_000), "needs `probe`"),
    ],
)
def test_refuses_wrong_parsers_of_files_when_they_are_made(make, fault):
    with pytest.raises(FlowError, match=fault):
        make()


class Pickup(msgspec.Struct):
    at: str
    loaves: int = 1


def filled_in(given: Any) -> dict[str, Any]:
    reply = {"name": "flow", "response_json": given, "body": "Sent"}
    return {"message_type": "nfm_reply", "message": {"type": "nfm_reply", "nfm_reply": reply}}


def test_takes_what_was_filled_into_a_form():
    sent = filled_in('{"at": "17:30", "loaves": "2", "flow_token": "t"}')

    found = read(parse.form(Pickup), channel_specific_message=sent)
    plain = read(parse.form(), channel_specific_message=sent)

    assert found == Pickup("17:30", 2)
    assert plain == {"at": "17:30", "loaves": "2", "flow_token": "t"}
    assert parse.form(Pickup).restore(msgspec.to_builtins(found)) == found


@pytest.mark.parametrize(
    "sent",
    [
        filled_in("{"),
        filled_in('"17:30"'),
        filled_in('{"loaves": 2}'),
        filled_in("[" * 100_000),
        filled_in(None),
        {"message_type": "nfm_reply", "message": {"nfm_reply": "gone"}},
        {"message_type": "waved", "message": {}},
    ],
)
def test_what_is_no_such_form_is_not_understood(sent):
    assert hint(parse.form(Pickup), channel_specific_message=sent) == ""


def test_the_hint_is_for_those_who_were_shown_the_form():
    shown = parsing.hint(parse.form(Pickup), "half past five", channel="WHATSAPP")

    assert shown == "Please fill in the form."
    assert hint(parse.form(Pickup), "half past five") == ""


def test_a_type_that_json_cannot_give_is_refused():
    with pytest.raises(FlowError, match=r"parse.form\(\) takes a type that can be read from JSON"):
        parse.form(dict[str, object] | list[Pickup] | tuple[Pickup, ...])


@pytest.mark.parametrize(
    ("locale", "place"), [("es", (40.416667, -3.7)), ("de", (40.416667, 3.7)), ("en", None)]
)
def test_letter_o_is_west_or_east_by_the_language(locale, place):
    try:
        found = parsing.read(parse.location, "40°25'N 3°42'O", locale)
    except parse.NotUnderstood:
        assert place is None
        return

    assert (found.latitude, found.longitude) == pytest.approx(place)
