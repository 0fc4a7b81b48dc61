"""The limit on open files of the process. Each connection is an open file.

At the limit, no new connection can be opened: replies cannot be sent, and Redis seems to be
unavailable. So a process raises its limit as far as the system allows. If the system allows too few
open files, the process accepts fewer clients.
"""

import logging
import resource
from dataclasses import replace

from bot.settings import FILES_RESERVE, Settings

logger = logging.getLogger(__name__)

MIN_CONNECTIONS = 8


def fitted(settings: Settings) -> Settings:
    """Raise the limit if possible. Return settings whose BOT_MAX_CONNECTIONS fits the limit."""
    needed = settings.max_open_files
    limit, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit != resource.RLIM_INFINITY and limit < needed:
        limit = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    if limit == resource.RLIM_INFINITY or limit >= needed:
        return settings
    sends = min(settings.concurrency, limit // 4)
    connections = max(MIN_CONNECTIONS, limit - FILES_RESERVE - sends)
    if connections >= settings.max_connections:
        return settings
    logger.warning(
        "This process may open %d files (`ulimit -n`), and BOT_MAX_CONNECTIONS is %d: the process"
        " accepts only %d connections. Set the limit to %d, such as by LimitNOFILE=%d in a systemd"
        " unit, or lower BOT_MAX_CONNECTIONS.",
        *(limit, settings.max_connections, connections, needed, needed),
        extra={"action": "open_files"},
    )
    return replace(settings, max_connections=connections)
