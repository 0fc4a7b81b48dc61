"""`bot doctor`: checks everything that a deployment needs, and changes nothing.

`local` checks this machine: settings, flows, Redis and clock. `remote` checks the app at Sinch.
`public_url` checks the bot from outside.
"""

from bot.ops.doctor.examine import examine, report
from bot.ops.doctor.finding import Finding

__all__ = ["Finding", "examine", "report"]
