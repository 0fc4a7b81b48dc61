"""Book a repair: what, when, and for whom."""

from bot import END, HANDOFF, Card, Carousel, Flow, Option, Turn, _, ask, choose, parse, step
from flows import shop


class Appointment(Flow):
    start_on = ("repair", "appointment", "reparatur", "termin")

    service = choose(
        Carousel(list(shop.SERVICES.values())).on("INSTAGRAM", "Which repair do you need?"),
        {
            "tune_up": Option("Tune-up", to="day", synonyms=("service", "inspektion")),
            "flat": Option("Flat tyre", to="day", synonyms=("puncture", "tyre", "platten")),
            "wheel": Option("Wheel truing", to="day", synonyms=("truing",)),
        },
        reask="Please choose a repair: tune-up, flat tyre or wheel truing.",
        timeout=("24h", END),
    )
    day = ask(
        "Which day suits you?",
        accept=parse.date(future=True),
        to="hour",
        reask="Please name a day from tomorrow on, such as Friday or 24 December.",
        attempts=3,
        otherwise=HANDOFF,
        remind={"30m": "Are you still there? Just name a day, and we go on."},
        timeout=("24h", END),
    )
    hour = choose(
        "At what time may we expect you?",
        {
            "morning": Option("9:00", to="who", synonyms=("nine", "9")),
            "noon": Option("12:00", to="who", synonyms=("twelve", "12")),
            "afternoon": Option("15:00", to="who", synonyms=("three", "15")),
        },
        timeout=("24h", END),
    )
    who = ask(
        "What is your name?",
        accept=parse.text(min_length=2),
        to="confirm",
        timeout=("24h", END),
    )
    confirm = choose(
        lambda data: _(
            "{service} on {day:full}. Shall we book it?",
            service=_(shop.SERVICES[data.service].title),
            day=data.day,
        ),
        {
            "yes": Option("Yes, book it", to="book", synonyms=("yes", "ok", "ja")),
            "no": Option("Start over", to="service", synonyms=("no", "nein")),
        },
        timeout=("24h", END),
    )

    @step(to=END)
    async def book(self, turn: Turn) -> str:
        data = self.data
        number = await turn.once(shop.book, data.service, data.day, data.hour, data.who)
        turn.say(
            Card(
                _("Booked: {number}", number=number),
                description=_(
                    "{service}, {day:full}",
                    service=_(shop.SERVICES[data.service].title),
                    day=data.day,
                ),
            )
        )
        return END
