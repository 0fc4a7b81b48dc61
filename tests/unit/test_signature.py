import base64
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.callbacks.signature import headers, read, sign
from bot.errors import BadSignature
from bot.settings import Secret

# The worked example of the public documentation of callbacks: its secret, body and signature.
SECRET = Secret("foo_secret1234")
NONCE, TIMESTAMP = "01FJA8B4A7BM43YGWSG9GBV067", 1634579353
BODY = (
    b'{"app_id":"","accepted_time":"2021-10-18T17:49:13.813615Z",'
    b'"project_id":"e2df3a34-a71b-4448-9db5-a8d2baad28e4","contact_create_notification":{"contact":'
    b'{"id":"01FJA8B466Y0R2GNXD78MD9SM1","channel_identities":[{"channel":"SMS",'
    b'"identity":"48123456789","app_id":""}],"display_name":"New Test Contact",'
    b'"email":"new.contact@email.com","external_id":"","metadata":"","language":"EN_US"}},'
    b'"message_metadata":""}'
)
SIGNATURE = "6bpJoRmFoXVjfJIVglMoJzYXxnoxRujzR4k2GOXewOE="

OTHER = Secret("another")
SIGNED = headers(SECRET, BODY, NONCE, TIMESTAMP)


def as_sent(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers]


def check(
    changed: Mapping[str, str] = SIGNED,
    *,
    twice: Iterable[tuple[str, str]] = (),
    body: bytes = BODY,
    secrets: tuple[Secret, ...] = (SECRET,),
    now: float = TIMESTAMP,
) -> None:
    sent = as_sent([*changed.items(), *twice])
    read(sent, now, max_age_s=3600, max_ahead_s=60).verify(body, secrets)


def test_the_worked_example():
    assert sign(SECRET, BODY, NONCE, TIMESTAMP) == SIGNATURE
    assert sign("foo_secret1234", BODY, NONCE, str(TIMESTAMP)) == SIGNATURE


def test_the_headers_are_those_of_sinch():
    assert SIGNED == {
        "x-sinch-webhook-signature": SIGNATURE,
        "x-sinch-webhook-signature-algorithm": "HmacSHA256",
        "x-sinch-webhook-signature-nonce": NONCE,
        "x-sinch-webhook-signature-timestamp": "1634579353",
    }


def test_a_right_signature_passes():
    check()


def test_header_names_are_read_in_any_case():
    check({name.title(): value for name, value in SIGNED.items()})


def test_other_headers_of_a_request_do_not_matter():
    check({"host": "bot", "x-forwarded-for": "é", **SIGNED, "content-length": "2"})


@pytest.mark.parametrize("secrets", [(OTHER, SECRET), (SECRET, OTHER), (OTHER, SECRET, OTHER)])
def test_any_of_several_secrets_will_do(secrets):
    check(secrets=secrets)


@pytest.mark.parametrize("secrets", [(), (OTHER,), (Secret("foo_secret123"),)])
def test_a_secret_that_is_not_ours_will_not(secrets):
    with pytest.raises(BadSignature, match="no secret in SINCH_WEBHOOK_SECRET"):
        check(secrets=secrets)


def test_an_empty_secret_never_fits():
    with pytest.raises(BadSignature, match="no secret in SINCH_WEBHOOK_SECRET"):
        check(headers("", BODY, NONCE, TIMESTAMP), secrets=(Secret(""),))


@pytest.mark.parametrize(
    "body", [BODY + b"\n", b" " + BODY, BODY[:-1], b"", BODY.replace(b"EN_US", b"EN_GB")]
)
def test_one_byte_of_the_body_decides(body):
    with pytest.raises(BadSignature, match="no secret in SINCH_WEBHOOK_SECRET"):
        check(body=body)


@pytest.mark.parametrize("name", SIGNED)
def test_every_header_must_be_there(name):
    with pytest.raises(BadSignature, match=f"{name} is missing"):
        check({other: value for other, value in SIGNED.items() if other != name})


@pytest.mark.parametrize("name", SIGNED)
def test_no_header_may_be_empty(name):
    with pytest.raises(BadSignature, match=f"{name} is missing"):
        check({**SIGNED, name: ""})


@pytest.mark.parametrize("name", SIGNED)
def test_no_header_may_be_there_twice(name):
    with pytest.raises(BadSignature, match=f"{name} occurs twice"):
        check(twice=[(name, SIGNED[name])])


@pytest.mark.parametrize("name", SIGNED)
def test_no_header_may_be_there_twice_in_different_case(name):
    with pytest.raises(BadSignature, match=f"{name} occurs twice"):
        check({**SIGNED, name.upper(): SIGNED[name]})


@pytest.mark.parametrize("algorithm", ["HmacSHA1", "hmacsha256", "none", "HmacSHA256 "])
def test_there_is_one_algorithm(algorithm):
    with pytest.raises(BadSignature, match="isn't HmacSHA256"):
        check({**SIGNED, "x-sinch-webhook-signature-algorithm": algorithm})


@pytest.mark.parametrize(
    "signature",
    ["abc", "é", f"{SIGNATURE}, {SIGNATURE}", SIGNATURE[:-1], SIGNATURE[:-4], "*" * 44, "=" * 44],
)
def test_a_signature_must_be_base64_of_its_length(signature):
    with pytest.raises(BadSignature, match="x-sinch-webhook-signature"):
        check({**SIGNED, "x-sinch-webhook-signature": signature})


@pytest.mark.parametrize("nonce", ["é", "a\x00b", "a\nb"])
def test_a_nonce_must_be_plain_text(nonce):
    with pytest.raises(BadSignature, match="nonce isn't plain text"):
        check({**SIGNED, "x-sinch-webhook-signature-nonce": nonce})


@pytest.mark.parametrize(
    "timestamp", ["-1", "1.5", "1634579353.0", "now", " 1634579353", "²", "٣", "1" * 13, "0x10"]
)
def test_a_timestamp_must_be_whole_seconds(timestamp):
    with pytest.raises(BadSignature, match="timestamp isn't a number of seconds"):
        check({**SIGNED, "x-sinch-webhook-signature-timestamp": timestamp})


@pytest.mark.parametrize("name", ["nonce", "timestamp"])
def test_nonce_and_timestamp_are_signed(name):
    with pytest.raises(BadSignature, match="no secret in SINCH_WEBHOOK_SECRET"):
        check({**SIGNED, f"x-sinch-webhook-signature-{name}": "1634579354"})


@pytest.mark.parametrize("now", [TIMESTAMP, TIMESTAMP + 3600, TIMESTAMP - 60, TIMESTAMP + 0.5])
def test_the_window_has_its_edges_inside(now):
    check(now=now)


def test_a_callback_signed_too_long_ago_is_refused():
    with pytest.raises(BadSignature, match=r"signed 3600 s ago.*BOT_DEDUPE"):
        check(now=TIMESTAMP + 3600.5)


def test_a_callback_signed_too_far_ahead_is_refused():
    with pytest.raises(BadSignature, match=r"signed 60 s in the future.*maximum is 60 s"):
        check(now=TIMESTAMP - 60.5)


def test_a_callback_out_of_its_window_is_refused_before_its_body_is_there():
    with pytest.raises(BadSignature, match="By this machine's clock"):
        read(as_sent(SIGNED.items()), TIMESTAMP + 9e9, 3600, 60)


@pytest.mark.parametrize(
    ("changed", "options"),
    [
        ({}, {"secrets": (OTHER,)}),
        ({}, {"now": 9e9}),
        ({"x-sinch-webhook-signature": "c2VjcmV0"}, {}),
        ({"x-sinch-webhook-signature-nonce": "sécret"}, {}),
    ],
)
def test_an_error_holds_neither_content_nor_secret(changed, options):
    with pytest.raises(BadSignature) as caught:
        check({**SIGNED, **changed}, **options)

    shown = str(caught.value)
    for value in (SIGNATURE, "c2VjcmV0", "sécret", "foo_secret", "another", "48123456789", NONCE):
        assert value not in shown


def test_secrets_are_used_as_they_are_in_utf_8():
    check(headers("smör==", BODY, NONCE, TIMESTAMP), secrets=(Secret("smör=="),))


@settings(derandomize=True, deadline=None)
@given(st.binary(max_size=300), st.text(min_size=1), st.integers(0, 10**12 - 1))
def test_what_was_signed_is_verified(body, secret, at):
    sent = as_sent(headers(secret, body, NONCE, at).items())
    read(sent, at, 0, 0).verify(body, [Secret(secret)])


@settings(derandomize=True, deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_no_guess_is_verified(digest):
    guess = {**SIGNED, "x-sinch-webhook-signature": base64.b64encode(digest).decode()}

    with pytest.raises(BadSignature):
        check(guess)
