"""Every reply in conversations in which the sample flows call and interrupt each other."""

from datetime import timedelta

import pytest

from bot import END, Flow, Option, Turn, ask, choose, parse, step
from bot.flow.definition import of_class
from bot.flow.load import Flows, load_flows
from tests.support.conversation import hand_back, sees, talk


class Notice(Flow):
    seen = choose(
        lambda data: f"{data.name}, we have moved. Will you find it?",
        {"sure": Option("Sure", to=END), "never": Option("Never", to="explain")},
        timeout=("2h", END),
    )

    @step(to=END)
    def explain(self, turn: Turn) -> str:
        turn.say("It is behind the station.")
        return END


class Tea(Flow):
    start_on = ("tea",)

    when = ask("Tea in how many minutes?", accept=parse.integer(min=1, max=600), to="plan")

    @step(to=END)
    def plan(self, turn: Turn) -> str:
        turn.schedule("tea_ready", turn.now + timedelta(minutes=self.data.when), {"pot": "green"})
        turn.say("I will call you.")
        return END


class TeaReady(Flow):
    start_on_events = ("tea_ready",)

    sugar = choose(
        "Tea is ready. Sugar?", {"yes": Option("Yes", to=END), "no": Option("No", to=END)}
    )


@pytest.fixture
def bot_flows():
    return Flows([*load_flows("flows"), *map(of_class, (Notice, Tea, TeaReady))])


async def test_menu_restarts_the_caller_and_asks_first_if_the_called_order_has_answers(contact):
    await talk(
        contact,
        ("hello", "Welcome to Wheelhouse"),
        ("2", "Which part"),
        ("menu", "Welcome to Wheelhouse"),
        ("order", "Which part"),
        ("light", "How many?"),
        ("menu", "Do you want to switch to menu instead?"),
        ("no", "How many?"),
        ("2", "Where shall we send it?"),
        ("menu", "Do you want to switch to menu instead?"),
        ("yes", "Welcome to Wheelhouse"),
    )
    assert (contact.flow, contact.state) == ("welcome", "menu")
    await talk(
        contact,
        ("parts", "Which part"),
        ("bell", "How many?"),
        ("3", "Where shall we send it?"),
        ("Long Street 12", "3 x bell, 27 € in all. Shall we order?"),
        ("menu", "Do you want to switch to menu instead?"),
        ("no, continue", "3 x bell, 27 € in all. Shall we order?"),
        ("yes", "Thank you! Order", "Is there anything else?"),
        ("menu", "Welcome to Wheelhouse"),
    )


async def test_word_of_the_called_flow_asks_its_question_again(contact):
    await talk(
        contact,
        ("hello", "Welcome to Wheelhouse"),
        ("order", "Which part"),
        ("order", "Which part"),
        ("lock", "How many?"),
        ("order", "How many?"),
        ("2", "Where shall we send it?"),
        ("order", "Where shall we send it?"),
        ("Long Street 12", "2 x lock, 98 €"),
        ("order", "Thank you! Order", "Is there anything else?"),
        ("order", "Which part"),
        ("bell", "How many?"),
        ("1", "Where shall we send it?"),
        ("Long Street 12", "1 x bell, 9 €"),
        ("yes", "Thank you! Order", "Is there anything else?"),
    )
    assert (contact.flow, contact.state) == ("welcome", "more")


async def test_hello_asks_before_it_leaves_a_called_appointment(contact):
    await talk(
        contact,
        ("hi", "Welcome to Wheelhouse"),
        ("repair", "Tune-up"),
        ("flat", "Which day suits you?"),
        ("Friday", "At what time"),
        ("hello", "Do you want to switch to hello instead?"),
        ("no", "At what time"),
        ("12", "What is your name?"),
        ("hello", "Do you want to switch to hello instead?"),
        ("no", "What is your name?"),
        ("Ada", "Flat tyre on Friday, January 9, 2026. Shall we book it?"),
        ("hej", "Do you want to switch to hej instead?"),
        ("yes", "Welcome to Wheelhouse"),
        ("cancel", "All right, that's canceled."),
    )
    assert contact.flow is None


async def test_menu_starts_above_an_order_which_continues_afterwards(contact):
    await talk(
        contact,
        ("order", "Which part"),
        ("light", "How many?"),
        ("menu", "Welcome to Wheelhouse"),
        ("find", "Wheelhouse", "front.jpg", "We are open", "Is there anything else?"),
        ("no", "Ride safely!", "How many?"),
        ("4", "Where shall we send it?"),
        ("menu", "Welcome to Wheelhouse"),
        ("order", "Which part"),
        ("bell", "How many?"),
        ("1", "Where shall we send it?"),
        ("Short Lane 14", "1 x bell, 9 €"),
        ("yes", "Thank you! Order", "Is there anything else?"),
        ("no", "Ride safely!", "Where shall we send it?"),
    )
    assert (contact.flow, contact.state) == ("order", "address")


async def test_word_of_an_interrupted_flow_brings_it_back(contact):
    await talk(
        contact,
        ("order", "Which part"),
        ("lock", "How many?"),
        ("repair", "Tune-up"),
        ("order", "How many?"),
        ("2", "Where shall we send it?"),
        ("repair", "Tune-up"),
        ("flat", "Which day suits you?"),
        ("cancel", "All right, that's canceled.", "Where shall we send it?"),
        ("cancel", "All right, that's canceled."),
    )
    assert contact.flow is None


async def test_broadcast_in_a_called_order_returns_to_it(contact):
    await talk(
        contact,
        ("hello", "Welcome to Wheelhouse"),
        ("order", "Which part"),
        ("light", "How many?"),
    )
    await contact.starts_flow("notice", {"name": "Ann"})
    sees(contact, "Ann, we have moved. Will you find it?")
    await talk(
        contact,
        ("3", "Sorry, I didn't understand that. Ann, we have moved. Will you find it?"),
        ("never", "It is behind the station.", "How many?"),
        ("3", "Where shall we send it?"),
    )
    assert (contact.flow, contact.state) == ("order", "address")


async def test_word_of_an_interrupted_called_flow_leaves_a_broadcast_below(contact):
    await talk(
        contact,
        ("hello", "Welcome to Wheelhouse"),
        ("order", "Which part"),
        ("light", "How many?"),
    )
    await contact.starts_flow("notice", {"name": "Ann"})
    sees(contact, "Will you find it?")
    await talk(
        contact,
        ("order", "How many?"),
        ("2", "Where shall we send it?"),
        ("Long Street 12", "2 x light, 58 €"),
        ("yes", "Thank you! Order", "Is there anything else?"),
        ("no", "Ride safely!", "Will you find it?"),
        ("sure",),
    )
    assert contact.flow is None


async def test_cancel_ends_one_interruption_at_a_time(contact):
    await talk(contact, ("order", "Which part"))
    await contact.starts_flow("notice", {"name": "Ann"})
    sees(contact, "Ann, we have moved")
    await contact.starts_flow("notice", {"name": "Bo"})
    sees(contact, "Bo, we have moved")
    await talk(
        contact,
        ("cancel", "All right, that's canceled.", "Ann, we have moved"),
        ("cancel", "All right, that's canceled.", "Which part"),
        ("cancel", "All right, that's canceled."),
        ("cancel", "All right, that's canceled."),
    )


async def test_time_out_of_an_interrupted_called_order_asks_the_caller_later(contact):
    await talk(
        contact,
        ("hello", "Welcome to Wheelhouse"),
        ("order", "Which part"),
        ("light", "How many?"),
    )
    await contact.waits("23h")
    sees(contact)
    await contact.starts_flow("notice", {"name": "Ann"})
    sees(contact, "Will you find it?")
    await contact.waits("65m")
    sees(contact)
    assert (contact.flow, contact.state) == ("notice", "seen")
    await talk(
        contact,
        ("never", "It is behind the station.", "Is there anything else?"),
        ("no", "Ride safely!"),
    )
    assert contact.flow is None


async def test_time_out_of_a_broadcast_repeats_the_question_below(contact):
    await talk(
        contact,
        ("order", "Which part"),
        ("light", "How many?"),
    )
    await contact.starts_flow("notice", {"name": "Ann"})
    sees(contact, "Will you find it?")
    await contact.waits("125m")
    sees(contact, "How many?")
    await talk(contact, ("2", "Where shall we send it?"))


async def test_reminder_counts_again_after_a_change(contact):
    await talk(
        contact,
        ("order", "Which part"),
        ("lock", "How many?"),
        ("2", "Where shall we send it?"),
        ("Long Street 12", "2 x lock, 98 €"),
    )
    await contact.waits("31m")
    sees(contact, "Your order is waiting for your yes.")
    await talk(
        contact,
        ("change quantity", "How many?"),
        ("3", "3 x lock, 147 €"),
    )
    await contact.waits("31m")
    sees(contact, "Your order is waiting for your yes.")
    await talk(contact, ("no", "Which part"))


async def test_interrupted_question_reminds_nobody_and_a_scheduled_event_interrupts_it(contact):
    await talk(
        contact,
        ("order", "Which part"),
        ("lock", "How many?"),
        ("2", "Where shall we send it?"),
        ("Long Street 12", "2 x lock, 98 €"),
        ("tea", "Tea in how many minutes?"),
    )
    await contact.waits("45m")
    sees(contact)
    await talk(contact, ("10", "I will call you.", "2 x lock, 98 €"))
    await contact.waits("5m")
    sees(contact)
    await contact.waits("6m")
    sees(contact, "Tea is ready. Sugar?")
    await talk(
        contact,
        ("no", "2 x lock, 98 €"),
        ("yes", "Thank you! Order"),
    )
    assert contact.flow is None


async def test_stop_ends_a_called_order_and_start_begins_again(contact):
    await talk(
        contact,
        ("hello", "Welcome to Wheelhouse"),
        ("order", "Which part"),
        ("light", "How many?"),
        ("STOP",),
        ("3",),
        ("help", "You have stopped our messages."),
        ("START", "Welcome back. You will get our messages again."),
        ("3", "Welcome to Wheelhouse"),
        ("order", "Which part"),
    )


async def test_scheduled_event_waits_for_start(contact):
    await talk(
        contact,
        ("tea", "Tea in how many minutes?"),
        ("10", "I will call you."),
        ("order", "Which part"),
        ("stop",),
    )
    await contact.waits("15m")
    sees(contact)
    await talk(
        contact,
        ("start", "Welcome back.", "Tea is ready. Sugar?"),
        ("no",),
    )
    assert contact.flow is None


async def test_scheduled_event_of_a_hand_over_comes_before_the_question(contact, simulation):
    await talk(
        contact,
        ("tea", "Tea in how many minutes?"),
        ("30", "I will call you."),
        ("hello", "Welcome to Wheelhouse"),
        ("order", "Which part"),
        ("light", "How many?"),
        ("agent", "A colleague will take over."),
        ("3",),
    )
    await contact.waits("31m")
    sees(contact)
    await hand_back(simulation, contact)
    sees(contact, "Tea is ready. Sugar?")
    await talk(
        contact,
        ("yes", "How many?"),
        ("3", "Where shall we send it?"),
    )


async def test_third_wrong_day_hands_over_and_its_attempts_begin_again(contact, simulation):
    await talk(
        contact,
        ("repair", "Tune-up"),
        ("flat", "Which day suits you?"),
        ("never", "Please name a day"),
        ("someday", "Please name a day"),
        ("whatever", "A colleague will take over."),
        ("hello",),
    )
    await hand_back(simulation, contact)
    sees(contact, "Which day suits you?")
    await talk(
        contact,
        ("never", "Please name a day"),
        ("Friday", "At what time"),
    )
    assert (contact.flow, contact.state) == ("appointment", "hour")


async def test_back_leads_through_a_called_order_to_the_menu(contact):
    await talk(
        contact,
        ("hello", "Welcome to Wheelhouse"),
        ("order", "Which part"),
        ("back", "Welcome to Wheelhouse"),
        ("order", "Which part"),
        ("lock", "How many?"),
        ("2", "Where shall we send it?"),
        ("back", "How many?"),
        ("back", "Which part"),
        ("back", "Welcome to Wheelhouse"),
        ("back", "There is no question before this one.", "Welcome to Wheelhouse"),
    )


async def test_back_leads_into_a_returned_order(contact):
    await talk(
        contact,
        ("hello", "Welcome to Wheelhouse"),
        ("order", "Which part"),
        ("bell", "How many?"),
        ("2", "Where shall we send it?"),
        ("Long Street 12", "2 x bell, 18 €"),
        ("yes", "Thank you! Order", "Is there anything else?"),
        ("back", "2 x bell, 18 €"),
        ("back", "Where shall we send it?"),
        ("Short Lane 14", "2 x bell, 18 €"),
        ("yes", "Thank you! Order", "Is there anything else?"),
    )
    assert (contact.flow, contact.state) == ("welcome", "more")


async def test_answer_of_a_returned_order_is_changed(contact):
    await talk(
        contact,
        ("hello", "Welcome to Wheelhouse"),
        ("order", "Which part"),
        ("bell", "How many?"),
        ("2", "Where shall we send it?"),
        ("Long Street 12", "2 x bell, 18 €"),
        ("yes", "Thank you! Order", "Is there anything else?"),
        ("change quantity", "How many?"),
        ("3", "Thank you! Order", "Is there anything else?"),
        ("change colour", "Sorry, I didn't understand that. Is there anything else?"),
    )


async def test_sold_out_order_after_a_change(contact):
    await talk(
        contact,
        ("hello", "Welcome to Wheelhouse"),
        ("order", "Which part"),
        ("light", "How many?"),
        ("10", "Where shall we send it?"),
        ("Long Street 12", "10 x light, 290 €"),
        ("change product", "Which part"),
        ("lock", "10 x lock, 490 €"),
        ("yes", "We have only 3 of those left.", "How many?"),
        ("3", "Where shall we send it?"),
    )
    assert (contact.flow, contact.state) == ("order", "address")


@pytest.mark.contact(channel="RCS")
async def test_button_of_an_interrupted_called_order_counts(contact):
    await talk(
        contact,
        ("hello", "Welcome to Wheelhouse"),
        ("[Order parts]", "Which part"),
    )
    await contact.starts_flow("notice", {"name": "Ann"})
    sees(contact, "Will you find it?")
    await talk(
        contact,
        ("[Brass bell, 9 €]", "How many?"),
        ("2", "Where shall we send it?"),
        ("[Sure]", "Where shall we send it?"),
    )
    assert (contact.flow, contact.state) == ("order", "address")


@pytest.mark.contact(channel="RCS")
async def test_question_whether_to_leave_takes_only_its_answers_and_back(contact):
    await talk(
        contact,
        ("hello", "Welcome to Wheelhouse"),
        ("order", "Which part"),
        ("bell", "How many?"),
        ("hello", "Do you want to switch to hello instead?"),
        ("order", "Do you want to switch to hello instead?"),
        ("3", "Do you want to switch to hello instead?"),
        ("back", "How many?"),
        ("3", "Where shall we send it?"),
        ("hello", "Do you want to switch to hello instead?"),
        ("[Yes]", "Welcome to Wheelhouse"),
    )


async def test_time_out_below_the_question_whether_to_leave(contact):
    await talk(
        contact,
        ("hello", "Welcome to Wheelhouse"),
        ("order", "Which part"),
        ("bell", "How many?"),
    )
    await contact.waits("23h")
    await talk(contact, ("menu", "Do you want to switch to menu instead?"))
    await contact.waits("90m")
    sees(contact, "Is there anything else?")
    assert (contact.flow, contact.state) == ("welcome", "more")


@pytest.mark.contact(channel="WHATSAPP")
async def test_quotes_move_between_interrupted_questions(contact):
    await talk(
        contact,
        ("order", "Which part"),
        ("bell", "How many?"),
    )
    await contact.starts_flow("notice", {"name": "Ann"})
    sees(contact, "Will you find it?")
    await contact.says("4", quotes="How many?")
    sees(contact, "Where shall we send it?")
    await contact.says("lock", quotes="Which part")
    sees(contact, "Your message quotes an earlier question.", "Where shall we send it?")
    await contact.says("never", quotes="Will you find it?")
    sees(contact, "It is behind the station.", "Where shall we send it?")
