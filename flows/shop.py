"""What the flows need of the shop: where it is, what it offers, and its books.

A real bot calls its own systems here; these functions only reckon.
"""

from datetime import date
from zlib import crc32

from msgspec import Struct

from bot import Card, Location, _

PICTURES = "https://wheelhouse.example/pictures"
PLACE = Location("Wheelhouse", 55.6091, 13.0007, label=_("Harbour Street 1, Malmö"))
HOURS = _("We are open Monday to Friday 9 to 18, Saturday 10 to 15.")

SERVICES = {
    "tune_up": Card(
        "Tune-up", description="Gears and brakes set, 45 €", media=f"{PICTURES}/tune.jpg"
    ),
    "flat": Card(
        "Flat tyre", description="Mended while you wait, 15 €", media=f"{PICTURES}/tyre.jpg"
    ),
    "wheel": Card(
        "Wheel truing", description="Straight again, 25 €", media=f"{PICTURES}/wheel.jpg"
    ),
}
NAMES = {"light": _("light"), "lock": _("lock"), "bell": _("bell")}
PRICES = {"light": 29, "lock": 49, "bell": 9}
STOCK = {"light": 12, "lock": 3, "bell": 40}


class Order(Struct):
    """What the shop says to an order. `total` is in whole euros."""

    accepted: bool
    number: str = ""
    total: int = 0


async def book(service: str, day: date, hour: str, name: str) -> str:
    """Put a repair into the calendar; the booking's number."""
    return f"R{crc32(f'{service} {day} {hour} {name}'.encode()) % 10_000:04}"


async def order(product: str, quantity: int, address: str) -> Order:
    """Order a part; not accepted where the shelf holds too few."""
    if quantity > STOCK[product]:
        return Order(accepted=False)
    number = f"O{crc32(f'{product} {quantity} {address}'.encode()) % 10_000:04}"
    return Order(accepted=True, number=number, total=PRICES[product] * quantity)
