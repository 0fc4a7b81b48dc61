"""Counts the unhandled items in a store, without the bot's own code."""

from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster


async def stored_items(client: Redis | RedisCluster, namespace: str = "*") -> int:
    """Return the number of items in all inboxes."""
    count = 0
    async for key in client.scan_iter(match=f"{namespace}:*:work:*", count=1000):
        count += await items_of(client, key)
    return count


async def items_of(client: Redis | RedisCluster, work: bytes) -> int:
    """Return the number of items in a contact's inbox. `work` is the key of the contact's hash."""
    head, others = await client.hmget(work, ["item", "items"])
    return bool(head) + int(others or 0)
