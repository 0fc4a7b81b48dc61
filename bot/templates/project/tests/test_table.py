"""The table flow, as a contact goes through it."""


async def test_books_a_table(contact):
    await contact.says("table")
    contact.sees("For how many")
    await contact.says("4")
    contact.sees("Which evening?", choices=["Friday", "Saturday"])
    await contact.taps("Saturday")
    contact.sees("A table for 4 on Saturday?", choices=["Yes", "No"])
    await contact.taps("Yes")

    contact.sees("It is yours.")
    assert contact.flow is None


async def test_asks_again_for_what_is_no_number_of_guests(contact):
    await contact.says("table")
    await contact.says("a hundred")

    contact.sees("A number from 1 to 12, please.")
    assert contact.state == "guests"


async def test_reminds_once_and_gives_up_after_a_day(contact):
    await contact.says("table")
    await contact.says("2")
    await contact.waits("1h")
    contact.sees("Do you still want a table?")

    await contact.waits("23h")

    contact.sees_nothing()
    assert contact.flow is None
