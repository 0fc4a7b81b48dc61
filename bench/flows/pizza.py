"""The conversation of `bench.conversation` as a flow. BENCH_FLOWS is the number of equal flows."""

import os

from bench import conversation
from bot import END, Flow, Option, Turn, ask, choose, parse, step


class Pizza(Flow):
    start_on = (conversation.START,)

    size = choose(
        conversation.WHICH_SIZE,
        {label.lower(): Option(label, to="address") for label in conversation.SIZES},
    )
    address = ask(conversation.WHERE_TO, accept=parse.text(min_length=8), to="confirm")
    confirm = choose(
        lambda data: conversation.CONFIRM.format(size=data.size, address=data.address),
        {
            "yes": Option(conversation.ANSWERS[0], to="place"),
            "no": Option(conversation.ANSWERS[1], to="size"),
        },
    )

    @step(to=END)
    def place(self, turn: Turn) -> str:
        turn.say(conversation.DONE)
        return END


for number in range(1, int(os.environ.get("BENCH_FLOWS", "1"))):
    name = f"Pizza{number}"
    globals()[name] = type(name, (Pizza,), {"start_on": (conversation.start_word(number),)})
