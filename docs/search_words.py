"""Lets the site's search find a section by words that people type and the page does not use.

The search lists a section only if it has every word of the question. So the index gets, after the
text of each section, the little words of any question, and for its own words those that mean the
same.
"""

import html
import json
import re
from pathlib import Path

LITTLE_WORDS = (
    "a about after all an and another any are as at be by can could do does doesn't don't each "
    "else every for from get give has have how i if in instead into is it its let like make me my "
    "need no not of on one only or our out over same set should show so some than that the their "
    "them then there they this to up use using want was way we what when where which while who "
    "why will with without you your"
)

ALIKE = (
    "callback callbacks webhook webhooks retry retried",
    "contact contacts user users user's customer customers person people subscriber recipient",
    "picture pictures image images photo photos attachment attachments media file files upload",
    "answer answers reply replies respond response responses input return returns",
    "question questions ask asks prompt",
    "option options choice choices button buttons menu quick reply",
    "hand-over handover handoff agent agents human operator colleague person livechat "
    "support takeover",
    "stop opt-out unsubscribe",
    "delete deleted forget remove erase gdpr privacy",
    "data variable variables state save saved store stored remember persist memory context",
    "language languages translate translation translations localization i18n multilingual multiple",
    "schedule scheduled later delay delayed cron future tomorrow",
    "remind reminder reminders nudge inactivity idle",
    "timeout time-out time-outs expire expiry deadline",
    "error errors fail fails failed failure exception problem wrong broken bug debug",
    "test tests testing unit pytest simulation simulate simulated",
    "replace replaces replaced stand-in stand-ins mock mocks stub fake simulated simulate",
    "clock waits time",
    "deploy deploying deployment host hosting production live release",
    "setting settings variable variables environment configuration configure config env",
    "key keys secret secrets token credentials password",
    "metric metrics monitoring monitor prometheus grafana alert alerts alerting dashboard",
    "processes workers machines scale scaling horizontal multiple parallel several",
    "limit limits limited maximum throttle rate quota",
    "parser parsers validate validation valid understand",
    "api http rest request requests endpoint endpoints webhook call external",
    "flow flows conversation conversations dialog dialogue bot chatbot scenario",
    "keyword keywords command commands start-word trigger intent",
    "back previous earlier undo",
    "locally local offline laptop account emulator machine",
    "carousel carousels card cards product products gallery",
    "model llm ai gpt nlu intent",
    "redis valkey database setup configure configuration",
    "branch if condition conditional else loop",
    "deliver delivered delivery undelivered sent send sending",
    "cancel canceled withdraw abort revoke",
    "broadcast broadcasts campaign bulk newsletter everybody",
    "log logs logging json structured",
    "run runs play playing ci pipeline github",
    "health readiness liveness probe kubernetes",
    "signature signed sign hmac invalid verify",
    "restart restarts rolling zero downtime deploy",
    "diagram graph draw picture visualize mermaid",
    "sub-flow sub-flows call reuse subflow",
    "voice recording audio speech transcribe",
    "stuck hangs waits blocked silent",
    "record recorded records write save",
    "write writes written type types typed say says send sends sent",
    "again loop repeat repeats repeated until twice duplicate duplicates",
    "rollback downgrade revert undo",
    "once twice again duplicate duplicates deduplication idempotent",
    "another other different differs separate own",
    "fallback default match matches nothing none unknown understands",
    "coverage code",
    "crash crashes killed recovery recover restart failover",
    "proxy proxies nginx caddy traefik reverse",
    "trace traces tracing span spans opentelemetry otel",
    "csv list table spreadsheet excel",
    "create creates register registers setup",
    "compare difference differ differs diff change changes changed regression",
    "performance load benchmark throughput speed stress",
    "opening hours office business closed",
    "real phone device",
    "tunnel ngrok cloudflared public",
    "template templates hsm",
)

GROUPS = [group.split() for group in ALIKE]
WORD = re.compile(r"[^\W_][\w'-]*")


def words_beside(text: str) -> list[str]:
    """Return the words that mean the same as words of a text."""
    own = set(WORD.findall(html.unescape(re.sub(r"<[^>]+>", " ", text)).casefold()))
    alike = [word for group in GROUPS if own.intersection(group) for word in group]
    return [word for word in dict.fromkeys(alike) if word not in own]


def add_words(site: Path) -> None:
    """Add the words to the search index of a built site; they are found, and not shown.

    The panel of the search drops most elements and shows their text. It keeps `span` with its
    attributes, but an attribute without a value counts as false there.
    """
    path = site / "search.json"
    index = json.loads(path.read_text(encoding="utf-8"))
    for item in index["items"]:
        words = " ".join(words_beside(f"{item['title']} {item['text']}"))
        item["text"] += f'<span hidden="hidden">{words} {LITTLE_WORDS}</span>'
    path.write_text(json.dumps(index, ensure_ascii=False), encoding="utf-8")
