import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import Secret
from bot.turn.postback import Postback, Postbacks

OURS = Postback("pizza", "size", 12, 3, "large")


def test_reads_what_it_wrote():
    postbacks = Postbacks([Secret("one")])

    assert postbacks.read("contact", postbacks.write("contact", OURS)) == OURS


def test_accepts_an_older_secret_while_rotating():
    written = Postbacks([Secret("old")]).write("contact", OURS)

    assert Postbacks([Secret("new"), Secret("old")]).read("contact", written) == OURS
    assert Postbacks([Secret("new")]).read("contact", written) is None


def test_refuses_another_contacts_button():
    postbacks = Postbacks([Secret("one")])

    assert postbacks.read("somebody else", postbacks.write("contact", OURS)) is None


def test_refuses_a_forged_one():
    postbacks = Postbacks([Secret("one")])
    written = postbacks.write("contact", OURS)

    assert postbacks.read("contact", written.replace("large", "small")) is None
    assert postbacks.read("contact", written[:-1]) is None


@given(st.text())
def test_takes_any_text_for_no_postback(text):
    assert Postbacks([Secret("one")]).read("contact", text) is None


@given(
    st.builds(
        Postback,
        *(st.text(max_size=4), st.text(max_size=4)),
        *(st.integers(1, 10**6), st.integers(0, 10**6)),
        st.text(max_size=4),
        st.booleans(),
    )
)
def test_any_names_survive(ours):
    postbacks = Postbacks([Secret("one")])

    assert postbacks.read("contact", postbacks.write("contact", ours)) == ours


def test_long_names_are_left_out_so_that_the_button_fits():
    postbacks = Postbacks([Secret("one")])
    written = postbacks.write("contact", Postback("f" * 100, "s" * 100, 1_800_000_000, 7, "k" * 99))

    assert len(written) <= 229
    assert postbacks.read("contact", written) == Postback("", "", 1_800_000_000, 7, "k" * 99)


@pytest.mark.parametrize(
    "text",
    ["v1/pizza/size/12.3/large/mac", "v2/pizza/size/12/large/mac", "v2/pizza/size/12.3/large"],
)
def test_takes_a_text_in_another_format_for_no_postback(text):
    assert Postbacks([]).unsigned(text) is None


def test_fits_whatsapp():
    written = Postbacks([Secret("one")]).write(
        "c", Postback("appointment", "day", 1_800_000_000, 10_000, "morning")
    )

    assert len(written) <= 229
