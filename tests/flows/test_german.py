"""The sample flows in German, from a greeting to the end."""

import pytest

from bot import Card, Location

pytestmark = pytest.mark.contact(language="de", zone="Europe/Berlin")


async def test_orders_parts_in_german(contact):
    await contact.says("Hallo!")
    contact.sees(
        "Willkommen bei Wheelhouse",
        choices=["Reparatur buchen", "Teile bestellen", "So finden Sie uns"],
    )
    await contact.says("Teile bestellen")
    contact.sees(
        "Welches Teil", choices=["Vorderlicht, 29 €", "Kettenschloss, 49 €", "Messingklingel, 9 €"]
    )
    await contact.says("schloss")
    await contact.says("ein paar")
    contact.sees("Bitte")
    await contact.says("5")
    await contact.says("Hafenstraße 1, Malmö")
    contact.sees("5 x Schloss, zusammen 245 €.", choices=["Ja, bestellen", "Von vorn"])
    await contact.says("Ja")
    contact.sees("Davon haben wir nur noch 3.")
    await contact.says("3")
    await contact.says("Hafenstraße 1, Malmö")
    await contact.says("ja, bestellen")
    contact.sees(Card, title="Danke! Bestellung O")
    contact.sees("Noch etwas?", choices=["Ja", "Nein, danke"])
    await contact.says("nein danke")
    contact.sees("Gute Fahrt!")


@pytest.mark.contact(language="de", zone="Europe/Berlin", channel="RCS")
async def test_books_a_repair_in_german(contact):
    await contact.says("Reparatur")
    await contact.taps("Platten")
    await contact.says("diesen Freitag")
    await contact.taps("12:00")
    await contact.says("Astrid")
    contact.sees("Platten am Freitag, 9. Januar 2026. Sollen wir das buchen?")
    await contact.taps("Ja, buchen")

    contact.sees(Card, title="Gebucht: R", text="Platten, Freitag, 9. Januar 2026")


async def test_shows_the_way_in_german(contact):
    await contact.says("menu")
    await contact.says("so finden sie uns")

    contact.sees(Location, title="Wheelhouse")
    contact.sees("Wir haben Montag bis Freitag")
