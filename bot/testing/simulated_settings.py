"""The settings of simulations. A simulation never uses the project's store."""

import os
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from itertools import count
from typing import Any

from bot.errors import ConfigError
from bot.settings import Settings

APOLOGY = "Sorry!"
PREFIX = f"simulation-{os.getpid()}-"
"""The beginning of the namespaces of this run's simulations."""

OWN = (
    *("REDIS_URL", "REDIS_TLS_URL", "BOT_NAMESPACE", "BOT_HOME", "BOT_FLOWS"),
    *("SINCH_PROJECT_ID", "SINCH_APP_ID", "SINCH_KEY_ID", "SINCH_KEY_SECRET"),
    *("SINCH_API_URL", "SINCH_AUTH_URL", "SINCH_WEBHOOK_SECRET"),
)
"""Variables that a test cannot set, because a simulation sets them itself or does not use them."""

_namespaces = count(1)


def simulated_settings(variables: Mapping[str, Any], redis_url: str) -> Settings:
    """Return settings with the values of these variables, and a new namespace at `redis_url`.

    All other settings have their defaults, except for a short apology.

    Raises:
        ConfigError: a variable is unknown, is set by the simulation itself, or has a wrong value.
    """
    known = Settings.variables()
    for name in variables:
        if name in OWN:
            raise ConfigError(
                f"A test can't set {name}: a simulation has its own store and Sinch app, and its"
                f" flows come from the marker `flows`. Remove {name}."
            )
        if name not in known:
            similar = get_close_matches(name.upper(), known, 1)
            hint = f"Did you mean {similar[0]}?" if similar else ".env.example lists all."
            raise ConfigError(f"There is no setting {name}. {hint}")
    texts = {"BOT_APOLOGY": APOLOGY} | {name: str(value) for name, value in variables.items()}
    settings = Settings.from_env(texts, dotenv=None)
    return with_own_store(replace(settings, shards=1), redis_url)


def with_own_store(settings: Settings, redis_url: str) -> Settings:
    """Return the settings with `redis_url` and a namespace of a simulation.

    So the contacts and timers of tests are not in the project's store. Otherwise a worker of the
    project would fire these timers.
    """
    if settings.redis_url == redis_url and settings.namespace.startswith(PREFIX):
        return settings
    return replace(settings, redis_url=redis_url, namespace=f"{PREFIX}{next(_namespaces)}")
