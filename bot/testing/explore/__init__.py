"""`bot explore`: walks flows by itself and reports what is wrong with them."""

from bot.testing.explore.explorer import Bounds, Explorer
from bot.testing.explore.finding import Finding

__all__ = ["Bounds", "Explorer", "Finding"]
