"""Lets the site's search find a section by words that people type and the page does not use.

The search lists a section only if it has every word of the question. So the index gets, after the
text of each section, the little words of any question, and for its own words those that mean the
same. Words in `OF_SECTIONS` lead to one section only, because others that could mean the same are
too many.
"""

import html
import json
import re
import textwrap
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

OF_SECTIONS = {
    "data.html#data-of-a-flow-selfdata": "session data",
    "deploy.html#stuck-contacts-and-dead-letters-show-retry-delete": "retry failed messages",
    "flows.html#write-a-flow-questions-and-steps-ask-choose-step": "state transition user input",
    "guarantees.html#g1-no-lost-messages-an-accepted-callback-is-never-lost": (
        "redis down outage unavailable failure"
    ),
    "guarantees.html#g2-duplicate-and-retried-webhooks-a-callback-is-handled-once": (
        "webhook idempotency idempotent deduplication"
    ),
    "questions.html#ask-again-after-an-answer-that-is-not-understood": "invalid answer retry",
    "redis.html#backup-and-restore": "redis down outage failure",
    "redis.html#redis-is-down-or-restarts-outage-fail-over": "unavailable failure",
    "simulation.html": "pytest plugin fixtures",
    "simulation.html#actions-of-a-contact-in-a-test-says-taps-sends-waits": (
        "duplicate webhook test idempotency"
    ),
    "simulation.html#let-time-pass-in-a-test-fake-clock-timers": (
        "advance time in test move forward fake clock"
    ),
    "simulation.html#run-tests-in-ci-github-actions": "in-memory store test without redis",
    "troubleshooting.html#the-webhook-answers-503": "redis down outage unavailable failure",
}

GROUPS = [group.split() for group in ALIKE]
WORD = re.compile(r"[^\W_][\w'-]*")
EXCERPT = 560  # characters after the first word that is found
SHOWN = 200  # characters that fill the lines of an excerpt


def words_beside(text: str) -> list[str]:
    """Return the words that mean the same as words of a text."""
    own = set(WORD.findall(html.unescape(re.sub(r"<[^>]+>", " ", text)).casefold()))
    alike = [word for group in GROUPS if own.intersection(group) for word in group]
    return [word for word in dict.fromkeys(alike) if word not in own]


def with_words(title: str, text: str, words: str = "") -> str:
    """Return the text of a section with the words that are added, hidden at its end.

    The panel of the search drops most elements and shows their text. It keeps `span` with its
    attributes, but an attribute without a value counts as false there. The excerpt of a result
    begins shortly before the first word that is found, and has `EXCERPT` characters. So the start
    of the section follows each part of the words: it is shown if only they are found.
    """
    plain = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    start = plain[:SHOWN].rpartition(" ")[0] if len(plain) > SHOWN else plain
    hidden = " ".join([words, *words_beside(f"{title} {text}"), LITTLE_WORDS])
    for part in textwrap.wrap(hidden, EXCERPT - SHOWN, break_on_hyphens=False):
        text += f'{" … " if plain else ""}<span hidden="hidden">{part}</span>{start}'
    return text


def add_words(site: Path) -> None:
    """Add the words to the search index of a built site; they are found, and not shown."""
    path = site / "search.json"
    index = json.loads(path.read_text(encoding="utf-8"))
    for item in index["items"]:
        words = OF_SECTIONS.get(item["location"], "")
        item["text"] = with_words(item["title"], item["text"], words)
    path.write_text(json.dumps(index, ensure_ascii=False), encoding="utf-8")
