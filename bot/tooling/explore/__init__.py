"""`bot explore`: walks flows by itself and reports what is wrong with them."""

from bot.tooling.explore.explorer import Bounds, Explorer
from bot.tooling.explore.finding import Finding

__all__ = ["Bounds", "Explorer", "Finding"]
