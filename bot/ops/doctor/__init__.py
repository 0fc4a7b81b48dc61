"""`bot doctor`: everything that a deployment needs, looked at one after the other.

`here` looks at what this machine has: settings, flows, Redis, clock. `there` looks at Sinch and at
the bot from outside. Nothing is changed.
"""

from bot.ops.doctor.examine import examine, report
from bot.ops.doctor.finding import Finding

__all__ = ["Finding", "examine", "report"]
