"""Mistakes that are found when flows are loaded."""

from dataclasses import dataclass
from enum import Enum
from types import ModuleType
from typing import Any

import msgspec
import pytest

from bot import END, Flow, Option, Text, ask, call, choose, parse
from bot.errors import FlowError
from bot.flow.definition import of_class, of_module
from bot.flow.load import Flows


class StructWithout(msgspec.Struct):
    other: str = ""


@dataclass
class DataclassWithout:
    other: str = ""


@dataclass
class NoDefault:
    size: str


@dataclass
class NeedsMore:
    shop: str
    size: str = ""


class MissingInStruct(Flow):
    data: StructWithout
    size = ask("Size?", accept=parse.text(), to=END)


class MissingInDataclass(Flow):
    data: DataclassWithout
    size = ask("Size?", accept=parse.text(), to=END)


class MissingForCall(Flow):
    data: DataclassWithout
    sub = call("misspelled", to=END)


class WithoutDefault(Flow):
    data: NoDefault
    size = ask("Size?", accept=parse.text(), to=END)


class StartsWithout(Flow):
    start_on = ("begin",)
    data: NeedsMore
    size = ask("Size?", accept=parse.text(), to=END)


class AnotherStruct(msgspec.Struct):
    other: str = ""


class StructWithPhoto(msgspec.Struct):
    photo: str = ""


@dataclass
class OneMediaOnly:
    photo: parse.Media | str = ""


@dataclass
class PartsOfAnything:
    photo: parse.Media | parse.Parts | str = ""  # type: ignore[type-arg]


@dataclass
class MergedMedia:
    photo: parse.Media | parse.Parts[parse.Media | str] | str = ""


@dataclass
class TwoUntaggedStructs:
    photo: StructWithout | AnotherStruct | None = None


class MergedIntoOne(Flow):
    data: OneMediaOnly
    photo = ask("Photo?", accept=parse.media(), to=END, bursts=("merge", "3s"))


class MergedByFlow(Flow):
    bursts = ("merge", "3s")
    data: PartsOfAnything
    photo = ask("Photo?", accept=(parse.media(), parse.text()), to=END)


class NoMedia(Flow):
    data: StructWithPhoto
    photo = ask("Photo?", accept=parse.media(), to=END)


class NotRestorable(Flow):
    data: TwoUntaggedStructs
    photo = ask("Photo?", accept=parse.text(), to=END)


class FitsMergedMedia(Flow):
    data: MergedMedia
    photo = ask("Photo?", accept=(parse.media(), parse.text()), to=END, bursts=("merge", "3s"))


class LatestOfMedia(Flow):
    data: OneMediaOnly
    photo = ask("Photo?", accept=parse.media(), to=END, bursts=("latest", "3s"))


@pytest.mark.parametrize(
    ("flow", "words"),
    [
        (
            MergedIntoOne,
            r"MergedIntoOne.photo: the answer may be a parse.Parts\[parse.Media\], which"
            r" OneMediaOnly.photo can't hold. Declare the field as `photo: parse.Media \|"
            r" parse.Parts\[parse.Media\]`. If the field's default is None, add ` \| None`",
        ),
        (MergedByFlow, r"MergedByFlow.photo: .* parse.Media \| str \| parse.Parts\["),
        (NoMedia, "NoMedia.photo: the answer may be a parse.Media, which"),
        (NotRestorable, "NotRestorable.data: TwoUntaggedStructs can't be restored from JSON: "),
    ],
)
def test_data_that_cannot_hold_an_answer_is_an_error(flow, words):
    with pytest.raises(FlowError, match=words):
        Flows([of_class(flow)])


@pytest.mark.parametrize("flow", [FitsMergedMedia, LatestOfMedia])
def test_data_that_can_hold_every_answer_loads(flow):
    assert Flows([of_class(flow)]).by_name


class Reminder(Flow):
    size = ask("Size?", accept=parse.text(), to=END, remind={"10m": lambda data: "?"})  # type: ignore[dict-item]


class UnknownChannel(Flow):
    size = ask(Text("Size?").on("WHATSUP", "What size?"), accept=parse.text(), to=END)


class Misspelled(Flow):
    starts_on = ("begin",)
    size = ask("Size?", accept=parse.text(), to=END)


class Shared(Flow):
    cart: list[str] = []  # noqa: RUF012
    size = choose("Size?", {"s": Option("Small", to=END)})


@pytest.mark.parametrize(
    ("flow", "words"),
    [
        (MissingInStruct, "MissingInStruct.size: .* StructWithout has no field 'size'"),
        (MissingInDataclass, "DataclassWithout has no field 'size'"),
        (MissingForCall, "has no field 'sub'"),
        (WithoutDefault, "NoDefault.size has no default"),
        (StartsWithout, "NeedsMore.shop has no default"),
        (Reminder, "Reminder.size: remind: "),
        (UnknownChannel, "unknown channel 'WHATSUP'. Did you mean 'WHATSAPP'"),
        (Misspelled, "Misspelled.starts_on: this attribute has no effect. Did you mean 'start_on'"),
        (Shared, "Shared.cart: all contacts share this value"),
    ],
)
def test_a_mistake_is_reported_when_the_flow_is_loaded(flow, words):
    with pytest.raises(FlowError, match=words):
        Flows([of_class(flow)])


def test_required_fields_are_fine_if_a_program_starts_the_flow():
    class Outside(Flow):
        data: NeedsMore
        size = ask("Size?", accept=parse.text(), to=END)

    assert Flows([of_class(Outside)]).names == ["outside"]


class Door(Enum):
    OPEN = 1
    SHUT = 2


def state_machine(**parts: Any) -> ModuleType:
    module: Any = ModuleType("door")
    module.said = ("close",)
    module.states = ["OPEN", "SHUT"]
    module.transitions = [{"trigger": "close", "source": "OPEN", "dest": "SHUT"}]
    vars(module).update(parts)
    made: ModuleType = module
    return made


def test_states_of_an_enum_work():
    moves = [{"trigger": "close", "source": Door.OPEN, "dest": Door.SHUT}]
    definition = of_module(state_machine(states=Door, transitions=moves))

    assert definition.machine.states == ["OPEN", "SHUT"]
    assert definition.machine.initial == "OPEN"


@pytest.mark.parametrize("key", ["children", "parallel", "tags", "timeout"])
def test_what_a_state_machine_cannot_do_is_refused(key):
    with pytest.raises(FlowError, match=f"door: state 'OPEN': '{key}' isn't supported"):
        of_module(state_machine(states=[{"name": "OPEN", key: ["x"]}, "SHUT"]))


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("start_on", "stop", "door.start_on: 'stop' means STOP: it opts the contact out"),
        (
            "unknown_state",
            "stop",
            "door.unknown_state: the value is 'stop'; it must be one of 'restart'",
        ),
        (
            "interrupt",
            "never",
            "door.interrupt: the value is 'never'; it must be one of 'switch'",
        ),
        ("version", "2", "door.version: the version is '2'; it must be a whole number from 1"),
        ("name", "my door", "door.name: the name is 'my door'; it takes letters, digits"),
        ("max_age", "12 hours", "door.max_age: '12 hours' is not a duration"),
        ("bursts", "3s", r"door.bursts: bursts is '3s'; it takes \('merge', '2s'\)"),
        ("migrate", {1: {"WIDE": "OPEN"}}, "door.migrate: 1 is not lower than the flow's version"),
    ],
)
def test_a_wrong_option_of_a_state_machine_is_refused(option, value, told):
    with pytest.raises(FlowError, match=told):
        of_module(state_machine(**{option: value}))


def test_a_migration_of_a_state_machine_leads_to_a_state():
    of_module(state_machine(version=2, migrate={1: {"WIDE": "OPEN"}}))
    with pytest.raises(
        FlowError, match="'WIDE' of version 1 goes to 'OPNE', which is not a state of this"
    ):
        of_module(state_machine(version=2, migrate={1: {"WIDE": "OPNE"}}))


def test_a_state_of_a_state_machine_may_be_renamed_again():
    of_module(state_machine(version=3, migrate={1: {"WIDE": "AJAR"}, 2: {"AJAR": "OPEN"}}))
    with pytest.raises(FlowError, match="'WIDE' of version 1 goes to 'AJAR', which is not a state"):
        of_module(state_machine(version=3, migrate={1: {"WIDE": "AJAR"}}))


def test_a_state_machine_may_have_another_name_than_its_module():
    assert of_module(state_machine()).name == "door"
    assert of_module(state_machine(name="gate")).name == "gate"


def test_a_state_machine_declares_what_a_contact_may_fire():
    module = state_machine()
    del module.said

    with pytest.raises(FlowError, match=r"Add `said = \('close',\)`"):
        of_module(module)


def test_a_state_machine_without_triggers_declares_that_there_are_none():
    module = state_machine(transitions=[{"trigger": "text", "source": "OPEN", "dest": "SHUT"}])
    del module.said

    with pytest.raises(FlowError, match=r"Add `said = \(\)`, because the flow has no triggers\."):
        of_module(module)


def test_said_names_triggers():
    module: Any = state_machine()
    module.said = ("clsoe",)

    with pytest.raises(FlowError, match="said: 'clsoe' is not a trigger"):
        of_module(module)
