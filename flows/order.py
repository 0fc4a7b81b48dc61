"""Order parts: which, how many, where to."""

from bot import END, Card, Flow, Option, Turn, _, ask, choose, open_url, parse, step
from flows import shop


class Order(Flow):
    start_on = ("order", "parts", "bestellen", "teile")

    product = choose(
        "Which part would you like?",
        {
            "light": Option(
                "Front light, 29 €", to="quantity", synonyms=("light", "front light", "licht")
            ),
            "lock": Option(
                "Chain lock, 49 €", to="quantity", synonyms=("lock", "chain lock", "schloss")
            ),
            "bell": Option("Brass bell, 9 €", to="quantity", synonyms=("bell", "klingel")),
        },
        timeout=("24h", END),
    )
    quantity = ask(
        "How many?", accept=parse.integer(min=1, max=20), to="address", timeout=("24h", END)
    )
    address = ask(
        "Where shall we send it? Send your location, or type the address.",
        accept=(parse.location(), parse.text(min_length=8)),
        to="confirm",
        reask="Please give street, number and town.",
        timeout=("24h", END),
    )
    confirm = choose(
        lambda data: _(
            "{quantity} x {product}, {total} € in all. Shall we order?",
            quantity=data.quantity,
            product=_(shop.NAMES[data.product]),
            total=shop.PRICES[data.product] * data.quantity,
        ),
        {
            "yes": Option("Yes, order", to="place", synonyms=("yes", "ok", "ja")),
            "no": Option("Start over", to="product", synonyms=("no", "nein")),
        },
        remind={"30m": "Your order is waiting for your yes."},
        timeout=("24h", END),
    )

    @step(to=(END, "sold_out"))
    async def place(self, turn: Turn) -> str:
        data = self.data
        order = await turn.once(shop.order, data.product, data.quantity, str(data.address))
        if not order.accepted:
            return "sold_out"
        turn.say(
            Card(
                _("Thank you! Order {number}", number=order.number),
                description=_("{total} €, on its way tomorrow", total=order.total),
                media=f"{shop.PICTURES}/{data.product}.jpg",
                choices=[
                    open_url(_("Track it"), f"https://wheelhouse.example/orders/{order.number}")
                ],
            )
        )
        return END

    @step(to="quantity")
    def sold_out(self, turn: Turn) -> str:
        turn.say(_("We have only {n} of those left.", n=shop.STOCK[self.data.product]))
        return "quantity"
