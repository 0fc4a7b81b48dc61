"""Files of contacts in flows: downloads, and recordings that a hook transcribes."""

from dataclasses import replace

import pytest

from bot import END, Flow, Hooks, Turn, ask, choose, on, parse, step
from bot.errors import DownloadError
from bot.ops import transcript

SOUND = b"OggS" + bytes(200)


class Pizza(Flow):
    """Takes an order by text or by voice."""

    start_on = ("pizza",)

    size = choose("Which size?", {"small": "Small", "large": "Large"}, to="address")
    address = ask("Where to?", accept=parse.text(min_length=3), to="place")

    @step(to=END)
    def place(self, turn: Turn) -> str:
        turn.say(f"{self.data.size} to {self.data.address}.")
        return END


class Photos(Flow):
    """Downloads pictures of up to 300 bytes."""

    start_on = ("photo",)

    photo = ask("Send a photo.", accept=parse.media(), to="kept")

    @step(to=END)
    async def kept(self, turn: Turn) -> str:
        try:
            file = await turn.message.download(300, kinds=["image"])
        except DownloadError as error:
            turn.say(str(error))
        else:
            turn.say(f"{len(file.content)} bytes, {file.mime_type}, {file.filename}")
        return END


class Secret(Flow):
    start_on = ("pin",)

    pin = ask("Your PIN?", accept=parse.text(), to="done", secret=True)

    @step(to=END)
    def done(self, turn: Turn) -> str:
        turn.say(f"PIN {self.data.pin}.")
        return END

    @on("media")
    def no_media(self, turn: Turn) -> None:
        turn.say("Type it, please.")


hooks = Hooks()
heard: list[bytes] = []
says = {"text": ""}


@hooks.transcribe(timeout_s=1.0)
async def write_down(turn: Turn, recording) -> str | None:
    heard.append(recording.content)
    if says["text"] == "fails":
        raise RuntimeError("the service is off")
    return says["text"]


pytestmark = pytest.mark.flows([Pizza, Photos, Secret, hooks])


@pytest.fixture(autouse=True)
def _nothing_heard_before():
    heard.clear()


async def speaks(contact, text, name="voice.ogg"):
    says["text"] = text
    await contact.sends_file(SOUND, name)


async def test_recordings_start_answer_and_choose(contact):
    await speaks(contact, "pizza")
    contact.sees("Which size?")
    await speaks(contact, "large, please")
    contact.sees("Where to?")
    await speaks(contact, "Main street 12")

    contact.sees("large to Main street 12.")
    assert heard == [SOUND] * 3


async def test_transcripts_show_what_was_said(contact, simulation):
    await contact.says("pizza")
    await speaks(contact, "large, please")

    lines = await transcript.read(simulation.bot.store, simulation.address_of(contact.phone).key)
    assert [line.text.partition(" (")[2] for line in lines if "voice.ogg" in line.text] == [
        "large, please)"
    ]


@pytest.mark.parametrize("text", ["", "fails"])
async def test_without_a_transcript_the_recording_is_not_understood(contact, text):
    await contact.says("pizza")
    await speaks(contact, text)

    contact.sees("Which size?")
    assert contact.state == "size"


async def test_a_spoken_stop_counts(contact):
    await contact.says("pizza")
    await speaks(contact, "STOP")

    assert contact.consent == "out"
    await speaks(contact, "pizza")
    assert len(heard) == 1


async def test_pictures_and_captions_are_not_transcribed(contact):
    await contact.says("pizza")
    await contact.sends_file(SOUND, "cat.jpg")
    await contact.sends_file(SOUND, "voice.ogg", caption="Large")

    contact.sees("Where to?")
    assert heard == []


async def test_recordings_larger_than_the_hook_takes_are_not_heard(contact, monkeypatch):
    assert hooks.transcriber is not None
    monkeypatch.setattr(hooks, "transcriber", hooks.transcriber._replace(max_bytes=100))
    await contact.says("pizza")
    await speaks(contact, "large")

    assert (contact.state, heard) == ("size", [])


async def test_recordings_are_not_written_down_while_a_secret_is_asked_for(contact):
    await contact.says("pin")
    await speaks(contact, "1234")

    assert heard == []


@pytest.fixture
def bot_settings(bot_settings):
    from cryptography.fernet import Fernet

    from bot.settings import Secret as Key

    return replace(bot_settings, secret_keys=(Key(Fernet.generate_key().decode()),))


@pytest.mark.exhaustive
async def test_the_hook_is_called_once_wherever_the_turn_breaks_off(crash_points):
    counts = set()

    async def conversation(contact):
        heard.clear()
        await contact.says("pizza")
        await speaks(contact, "large")
        contact.sees("Where to?")
        counts.add(len(heard))

    await crash_points(conversation)

    # The call is repeated only if the bot is killed between its end and its recording.
    assert max(counts) <= 2
    assert 1 in counts


async def test_a_test_gives_the_transcript_without_a_file(contact, services):
    services.returns(write_down, "large")
    await contact.says("pizza")
    await contact.sends_media("https://elsewhere.example/voice.ogg")

    contact.sees("Where to?")
    assert len(services.calls(write_down)) == 1


async def test_a_burst_with_a_recording_is_one_answer(contact, simulation):
    says["text"] = "large"
    await contact.says("pizza")
    contact.phone.sends_file(SOUND, "1.ogg")
    await contact.run_until_idle()

    contact.sees("Where to?")


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [
        ("cat 1.png", 300, "300 bytes, image/png, cat 1.png"),
        ("cat.png", 301, "The file is larger than 300 bytes."),
        ("cat.pdf", 10, "The file is of kind document, not image."),
        ("cat", 10, "The file is of kind unknown, not image."),
    ],
)
async def test_a_flow_downloads_what_was_sent(contact, name, size, said):
    await contact.says("photo")
    await contact.sends_file(b"x" * size, name)

    contact.sees(said)


async def test_files_of_hosts_that_are_not_allowed_are_not_downloaded(contact):
    await contact.says("photo")
    await contact.sends_media("https://internal.example/cat.png")

    contact.sees("Files from internal.example aren't fetched.")


async def test_a_message_without_a_file_has_none_to_download(contact, simulation):
    turns: list[Turn] = []
    simulation.watchers.append(lambda effects: turns.append(Turn(effects)))
    await contact.says("hello")

    with pytest.raises(DownloadError, match="has no file"):
        await turns[0].message.download(1)
