"""Named days: fixed dates, days before or after Easter, and weekdays of a month."""

import datetime as dt

_FIXED = {
    "new-year": (1, 1),
    "new-years-eve": (12, 31),
    "epiphany-eve": (1, 5),
    "epiphany": (1, 6),
    "valentine": (2, 14),
    "st-patrick": (3, 17),
    "st-joseph": (3, 19),
    "april-fools": (4, 1),
    "walpurgis": (4, 30),
    "labor-day": (5, 1),
    "victory-fr": (5, 8),
    "swedish-national": (6, 6),
    "san-juan": (6, 24),
    "independence-us": (7, 4),
    "bastille": (7, 14),
    "belgian-national": (7, 21),
    "swiss-national": (8, 1),
    "assumption": (8, 15),
    "german-unity": (10, 3),
    "hispanic-day": (10, 12),
    "austrian-national": (10, 26),
    "reformation": (10, 31),
    "halloween": (10, 31),
    "all-saints": (11, 1),
    "all-souls": (11, 2),
    "bonfire-night": (11, 5),
    "armistice": (11, 11),
    "st-martin": (11, 11),
    "constitution-es": (12, 6),
    "st-nicholas": (12, 6),
    "immaculate": (12, 8),
    "lucia": (12, 13),
    "christmas-eve": (12, 24),
    "christmas": (12, 25),
    "boxing-day": (12, 26),
    "innocents": (12, 28),
}
_FROM_EASTER = {
    "shrove-monday": -48,
    "shrove-tuesday": -47,
    "ash-wednesday": -46,
    "palm-sunday": -7,
    "maundy-thursday": -3,
    "good-friday": -2,
    "easter-saturday": -1,
    "easter": 0,
    "easter-monday": 1,
    "ascension": 39,
    "whit-eve": 48,
    "whit-sunday": 49,
    "whit-monday": 50,
    "corpus-christi": 60,
}
_FRIDAY, _SATURDAY, _THURSDAY = 4, 5, 3


def holiday(name: str, year: int) -> dt.date:
    """Return the date of the named day `name` in `year`.

    Raises:
        KeyError: there is no named day with this name.
    """
    if name in _FROM_EASTER:
        return easter(year) + dt.timedelta(_FROM_EASTER[name])
    if name == "midsummer-eve":
        return weekday_from(dt.date(year, 6, 19), _FRIDAY)
    if name == "midsummer":
        return weekday_from(dt.date(year, 6, 20), _SATURDAY)
    if name == "thanksgiving":
        return weekday_from(dt.date(year, 11, 22), _THURSDAY)
    month, day = _FIXED[name]
    return dt.date(year, month, day)


def weekday_from(day: dt.date, weekday: int) -> dt.date:
    """Return the first day with this weekday on `day` or later. Monday is 0."""
    return day + dt.timedelta((weekday - day.weekday()) % 7)


def easter(year: int) -> dt.date:
    """Return Easter Sunday of the Western churches, by the anonymous Gregorian algorithm."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), g = divmod(b, 4), (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    (i, k), m = divmod(c, 4), (a + 11 * h) // 319
    r = (2 * e + 2 * i - k - h + m + 32) % 7
    month = (h - m + r + 90) // 25
    return dt.date(year, month, (h - m + r + month + 19) % 32)
