"""`.chat` files: read and written without loss, and refused with a line number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.emulator import actions
from bot.testing.actions import Delivers, ReceivesEvent, StartsFlow, Waits
from bot.testing.chat_file import Chat, ChatError, Comment, Reply, Standing, read, write

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
SPICED = st.lists(
    st.sampled_from(
        ["\n", " ", "\\", "[", "]", "(", ")", "|", "\\n", "\r", "\u2028", "> ", "a", "= "]
    )
).map("".join)
TEXT = TEXTS | SPICED
WORD = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12)
DATA = st.dictionaries(WORD, st.none() | st.integers(-9, 9) | TEXT, max_size=3)
DEGREES = st.floats(-90, 90)

ACTS = st.one_of(
    st.builds(actions.Says, TEXT, copies=st.integers(0, 1)),
    st.builds(actions.Taps, TEXT, st.booleans(), TEXT, copies=st.integers(0, 1)),
    st.builds(actions.Answers, TEXT),
    st.builds(actions.SendsLocation, DEGREES, DEGREES, TEXT, TEXT),
    st.builds(actions.SendsMedia, TEXT, TEXT),
    st.builds(actions.Reacts, TEXT),
    st.just(actions.Reads()),
    st.builds(Delivers, WORD | st.just("")),
    st.builds(Waits, st.integers(0, 10**7)),
    st.builds(ReceivesEvent, WORD, DATA),
    st.builds(StartsFlow, WORD, DATA, WORD | st.just("")),
)
REPLIES = st.builds(Reply, TEXT, st.lists(TEXT, max_size=4).map(tuple), WORD | st.just(""))
ONE_LINE = st.lists(WORD, min_size=1, max_size=4).map(" ".join)
ENTRIES = st.one_of(ACTS, REPLIES, st.builds(Standing, ONE_LINE), st.builds(Comment, ONE_LINE))
CHATS = st.builds(
    Chat,
    st.fixed_dictionaries({}, optional={"channel": WORD, "language": WORD, "at": WORD}),
    st.lists(ENTRIES, max_size=8),
    st.lists(ONE_LINE, max_size=2),
)


@given(CHATS)
def test_what_is_written_is_read_again(chat):
    # Comments at the top are read as the description of the file.
    while not chat.headers and chat.entries and isinstance(chat.entries[0], Comment):
        chat.entries.pop(0)
    again = read(write(chat))

    assert (again.about + [e.text for e in again.entries if isinstance(e, Comment)]) == (
        chat.about + [e.text for e in chat.entries if isinstance(e, Comment)]
    )
    assert dict(again.headers) == dict(chat.headers)
    assert [e for e in again.entries if not isinstance(e, Comment)] == [
        e for e in chat.entries if not isinstance(e, Comment)
    ]
    assert write(again) == write(chat)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("color: red\n", "line 1: 'color: red' is not a header"),
        ("> hi\nhello\n", "line 2: 'hello' does not begin with"),
        ("> (dances)\n", "line 1: there is no action (dances)"),
        ("> (location here)\n", "line 1: 'here' is not a place"),
        ("> (reads now)\n", "line 1: (reads) has too many or too few parts: now"),
        ("> (json)\n", "line 1: (json …) takes the JSON of an action"),
        ("> (location)\n", "line 1: (location) has too many or too few parts: nothing"),
        ("> [half\n", "line 1: '[half' is neither an [option] nor an action"),
        ("> hi\n< Which?\n  [One] Two\n", "line 2: '[One] Two' is not a list of options"),
        ("\n~ soon\n", "line 2: 'soon' is not a duration"),
        ("! event paid {1}\n", "is not a JSON object"),
        ("! party\n", "is neither `! event"),
        ("< (card\n", "no closing bracket"),
    ],
)
def test_a_line_that_means_nothing_is_named(text, fault):
    with pytest.raises(ChatError, match="line") as caught:
        read(text)

    assert fault in str(caught.value)


def test_editors_that_trim_lines_do_no_harm():
    written = write(Chat({}, [actions.Says("a \n\n b "), Reply(" \n[x]", ("A ",))]))

    assert all(line == line.rstrip() for line in written.split("\n"))
    assert read(written.replace("\n", "  \r\n")) == read(written)
