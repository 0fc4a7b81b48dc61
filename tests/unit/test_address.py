import pytest

from bot.contact.address import Address, identified_by


def test_a_contact_is_kept_under_its_id():
    assert Address("01HZC0NTACT", "SMS", "46700900001").key == "01HZC0NTACT"


def test_without_an_id_a_contact_is_kept_under_channel_and_identity():
    assert Address("", "MESSENGER", "7203350100099").key == "MESSENGER:7203350100099"


@pytest.mark.parametrize("channel", ["SMS", "MMS", "RCS", "WHATSAPP", "VIBERBM"])
def test_a_phone_number_gives_one_key_with_or_without_plus(channel):
    assert Address("", channel, "+46700900001").key == Address("", channel, "46700900001").key


def test_an_opaque_identity_keeps_its_plus():
    assert Address("", "VIBER", "+kQ==").key == "VIBER:+kQ=="


def test_the_recipient_is_the_contact_id_where_there_is_one():
    assert Address("01HZC0NTACT", "SMS", "46700900001").recipient() == {"contact_id": "01HZC0NTACT"}


def test_the_recipient_is_otherwise_the_identity_alone():
    assert Address("", "SMS", "+46700900001").recipient() == {
        "identified_by": {"channel_identities": [{"channel": "SMS", "identity": "+46700900001"}]}
    }


def test_a_contact_can_be_named_by_several_identities_in_order():
    identities = identified_by([Address("", "RCS", "467"), Address("", "SMS", "467")])

    assert [each["channel"] for each in identities["identified_by"]["channel_identities"]] == [
        "RCS",
        "SMS",
    ]


def test_a_repr_hides_the_identity():
    assert repr(Address("01HZC0NTACT", "SMS", "46700900001")) == (
        "Address('01HZC0NTACT', 'SMS', '***')"
    )
    assert repr(Address("01HZC0NTACT", "SMS", "")) == "Address('01HZC0NTACT', 'SMS', '')"
