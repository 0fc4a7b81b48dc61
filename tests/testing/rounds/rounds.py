"""A game of six rounds, and a game of a hundred rounds."""

from bot import END, Flow, Option, choose, step


class Game(Flow):
    start_on = ("game",)

    go = choose("Throw?", {"on": Option("On", to="count")})

    @step(to=("go", "bye"))
    def count(self, turn):
        self.data.number = self.data.get("number", 0) + 1
        return "go" if self.data.number < 6 else "bye"

    @step(to=END)
    def bye(self, turn):
        turn.say("Goodbye.")
        return END


class Endless(Flow):
    start_on = ("endless",)

    go = choose("Throw?", {"on": Option("On", to="count")})

    @step(to=("go", "bye"))
    def count(self, turn):
        self.data.number = self.data.get("number", 0) + 1
        return "go" if self.data.number < 100 else "bye"

    bye = Game.bye
