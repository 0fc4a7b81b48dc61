"""What the framework itself says where a flow gives no words of its own."""

NOT_UNDERSTOOD = "Sorry, I didn't understand that."
EARLIER_QUESTION = "That button belongs to an earlier question."
CHOOSE_ONE = "Please choose one of these."
NOTHING_FITS = "Sorry, I don't know what to do with that."
SAY_ONE_OF = "You can say: {words}."
