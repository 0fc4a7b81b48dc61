"""The welcome flow: the menu, the way to the shop, and the flows that the menu starts."""

from bot import Location, Media


async def test_greets_anyone_and_shows_the_way(contact):
    await contact.says("good morning!")
    contact.sees("Welcome to Wheelhouse", choices=["Book a repair", "Order parts", "Find us"])

    await contact.says("3")
    contact.sees(Location, title="Wheelhouse")
    contact.sees(Media)
    contact.sees("We are open")
    contact.sees("anything else?", choices=["Yes", "No, thanks"])

    await contact.taps("No, thanks")
    contact.sees("Ride safely!")
    assert contact.flow is None


async def test_comes_back_to_the_menu_after_an_order(contact):
    await contact.says("hello")
    await contact.taps("Order parts")
    contact.sees("Which part")

    for answer in ("bell", "2", "Harbour Street 1, Malmö", "yes"):
        await contact.says(answer)

    contact.sees("Thank you! Order O")
    contact.sees("anything else?")
    await contact.says("yes please")
    await contact.says("y")
    contact.sees("Welcome to Wheelhouse")


async def test_gives_up_when_it_is_not_understood_twice(contact):
    await contact.says("hello")
    await contact.says("where")

    await contact.says("what a nice picture")
    contact.sees("Sorry, I didn't understand that.")
    await contact.says("really nice")

    contact.sees("Ride safely!")
    assert contact.flow is None


async def test_forgets_a_menu_nobody_answers(contact):
    await contact.says("menu")
    await contact.waits("61m")

    contact.sees_nothing()
    assert contact.flow is None


async def test_asks_again_for_what_is_not_on_the_menu(contact):
    await contact.says("hello")
    await contact.says("a coffee")

    contact.sees(
        "Sorry, I didn't understand that.", choices=["Book a repair", "Order parts", "Find us"]
    )
    assert contact.state == "menu"


async def test_ends_when_nobody_says_what_else(contact):
    await contact.says("hello")
    await contact.says("where")
    await contact.waits("61m")

    assert contact.flow is None
