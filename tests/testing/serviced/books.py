"""A flow whose step needs a service."""

from bot import END, Flow, Hooks, ask, parse, step

hooks = Hooks()


@hooks.service
async def catalog(settings):
    raise AssertionError("a simulation opens no service")
    yield


class Books(Flow):
    start_on = ("books",)

    title = ask("Which title?", accept=parse.text(), to="search")

    @step(to="sure")
    async def search(self, turn, catalog):
        turn.say(f"There are {catalog['copies']} copies.")
        return "sure"

    sure = ask("Is that enough?", accept=parse.yes_no(), to="bye")

    @step(to=END)
    def bye(self, turn):
        turn.say("Goodbye.")
        return END
