"""Dumps everything that a Redis server has of a bot."""


async def everything(client, namespace="bot") -> bytes:
    """Return all keys and values of the store, of all types."""
    found = b""
    read = {
        "string": client.get,
        "list": lambda key: client.lrange(key, 0, -1),
        "hash": client.hgetall,
        "set": client.smembers,
        "zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        "stream": client.xrange,
    }
    async for key in client.scan_iter(match=f"{namespace}:*"):
        kind = (await client.type(key)).decode()
        found += key + b" " + repr(await read[kind](key)).encode() + b"\n"
    return found
