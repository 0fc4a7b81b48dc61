"""The expected answers of the flows in `tests/support/talk`, computed without flows and engine."""

from zlib import crc32

PRICES = {"tea": 3, "cake": 5}
DAYS = {"monday", "tuesday", "friday"}
TOWNS = {"lund", "malmo", "ystad"}
EXPECTED = {
    "what": PRICES.keys(),
    "many": set("123456789"),
    "sure": {"yes", "no"},
    "day": DAYS,
    "fine": {"yes", "no"},
    "town": TOWNS,
    "certain": {"yes", "no"},
}
REMINDER = "Still there?"

NEVER_SAID = ["\0"]
"""The answer to a message that no contact sends in its present state: a text that no flow says."""


class Oracle:
    """The expected answers in one contact's conversation."""

    def __init__(self) -> None:
        self.is_resting = False
        self.is_begun = False
        self._count = 0
        self._chain = 0
        self._at = ""
        self._what = ""
        self._many = 0
        self._day = ""
        self._refused = ""
        self._town = ""

    def copy(self) -> "Oracle":
        twin = Oracle()
        twin.__dict__.update(self.__dict__)
        return twin

    def hears(self, said: str) -> list[str]:
        """Return the answers to one message. For a tap, `said` is the option's key.

        Every message has an answer at any point, because the checker also asks about messages that
        may come later.
        """
        if not self.is_begun:
            self.is_begun = True
            return ["Go on."]
        if self._at:
            if said not in EXPECTED[self._at]:
                return NEVER_SAID
            if self._at in ("town", "certain"):
                return self._traveling(said)
            return self._visiting(said) if self._at in ("day", "fine") else self._buying(said)
        if self.is_resting:
            self.is_resting = False
            return ["Go on."]
        if said == "buy":
            self._at = "what"
            return ["What?"]
        if said == "visit":
            self._at, self._refused = "day", ""
            return ["Which day?"]
        if said == "trip":
            self._at = "town"
            return ["Which town?"]
        return self._counting(said)

    def _traveling(self, said: str) -> list[str]:
        if self._at == "town":
            self._town, self._at = said, "certain"
            return [f"To {said}?"]
        self._at = "" if said == "yes" else "town"
        return ["Which town?"] if self._at else [f"Off to {self._town}.", "Go on."]

    def _counting(self, said: str) -> list[str]:
        self._count += 1
        self._chain = crc32(f"{self._chain} {said}".encode())
        self.is_resting = said == "rest"
        last = "Good night." if self.is_resting else "Go on."
        return [f"{self._count} {said}", f"{self._count} {self._chain:08x}", last]

    def _buying(self, said: str) -> list[str]:
        if self._at == "what":
            self._what, self._at = said, "many"
            return ["How many?"]
        if self._at == "many":
            self._many, self._at = int(said), "sure"
            return [f"{self._many} {self._what}?"]
        self._at = "" if said == "yes" else "what"
        if self._at:
            return ["What?"]
        return [f"That makes {PRICES[self._what] * self._many}.", "Go on."]

    def _visiting(self, said: str) -> list[str]:
        """Return all answers until the visit is announced, because the contact says nothing before
        that.
        """
        if said == self._refused:
            return NEVER_SAID
        if self._at == "day":
            self._day, self._at = said, "fine"
            return [f"On {said}?"]
        if said == "no":
            self._refused, self._at = self._day, "day"
            return ["Which day?"]
        self._at = ""
        # The event asks nothing, so the question below stays open and is not repeated.
        return ["Noted.", "Go on.", f"It is {self._day}."]
