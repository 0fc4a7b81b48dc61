"""A question for a number that nobody guesses. The question's hint names the allowed numbers."""

from bot import END, Flow, ask, parse, step


class Card(Flow):
    start_on = ("card",)

    number = ask("Your card's number?", accept=parse.integer(min=1234, max=9876), to="sure")
    sure = ask("Is that right?", accept=parse.yes_no(), to="bye")

    @step(to=END)
    def bye(self, turn):
        turn.say("Thank you.")
        return END
