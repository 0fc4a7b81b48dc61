"""Flows that take several messages as one answer."""

from bot import END, Flow, ask, parse, step


class Note(Flow):
    """Takes the messages of one question as one answer, without a time-out."""

    start_on = ("note",)

    text = ask("What happened?", accept=parse.text(), to="thank", bursts=("merge", "3s"))

    @step(to=END)
    def thank(self, turn):
        turn.say("Noted.")
        return END


class Order(Flow):
    """Takes the last message as the answer, in all questions."""

    start_on = ("order",)
    bursts = ("latest", "90s")

    count = ask("How many?", accept=parse.integer(min=0), to="share", attempts=2, otherwise="bye")

    @step(to=END)
    def share(self, turn):
        turn.say(f"{100 // (self.data.count - 5)} each")
        return END

    @step(to=END)
    def bye(self, turn):
        turn.say("Never mind.")
        return END
