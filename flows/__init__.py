"""The bot of Wheelhouse, a bicycle workshop: a welcome, an appointment, an order."""
