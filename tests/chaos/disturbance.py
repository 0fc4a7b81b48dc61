"""Injects random faults into requests and callbacks, and counts each kind of fault."""

from collections import Counter
from collections.abc import Mapping

import msgspec

from bot.emulator import Platform
from bot.emulator.fault_injection import CallbackFault, RequestFault

MANY = 10**9
"""A count that no rule reaches. The platform decreases it whenever a rule applies, so it shows how
often each rule has applied.
"""


class Disturbance:
    """Activates the rules of some named faults on a platform until `end` is called."""

    def __init__(
        self, platform: Platform, rules: Mapping[str, RequestFault | CallbackFault]
    ) -> None:
        self._platform = platform
        self._rules = {
            name: msgspec.structs.replace(rule, count=MANY) for name, rule in rules.items()
        }
        platform.faults.add(*self._rules.values())

    def end(self) -> None:
        self._platform.faults.clear()

    @property
    def counts(self) -> Counter[str]:
        """Return how often each rule has applied, and the outcomes of callbacks."""
        found = Counter({name: MANY - (rule.count or 0) for name, rule in self._rules.items()})
        answers = self._platform.record.counts
        found["callback: no answer, so repeated"] = answers["callback 0"]
        found["callback: answered 503, so repeated"] = answers["callback 503"]
        found["callback: overtaken by a later one of its contact"] = _overtaken(self._platform)
        return found


def _overtaken(platform: Platform) -> int:
    """Return how many messages first arrived after a message that the same contact wrote later."""
    newest: dict[str, float] = {}
    seen: set[str] = set()
    count = 0
    for each in platform.record.callbacks:
        if each.trigger == "MESSAGE_INBOUND" and each.delivery_id not in seen:
            seen.add(each.delivery_id)
            message = platform.state.messages[msgspec.json.decode(each.body)["message"]["id"]]
            count += message.accept_at < newest.get(message.identity, 0.0)
            newest[message.identity] = max(message.accept_at, newest.get(message.identity, 0.0))
    return count
