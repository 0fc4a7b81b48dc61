"""The state of a platform in a file, so that it survives a restart."""

import os
import tempfile
from pathlib import Path

import msgspec

from bot.emulator.state import State
from bot.errors import ConfigError


def load(path: Path) -> State:
    """The state that `save` wrote, or a new one where there is no file.

    Raises:
        ConfigError: the file can't be read or holds something else.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=State)
    except FileNotFoundError:
        return State()
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(
            f"{path} is no state of the emulator ({error}); name another file or remove it."
        ) from error


def save(state: State, path: Path) -> None:
    """Write all or nothing: the file is replaced at once, readable by its owner alone.

    Raises:
        ConfigError: the file can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(state))
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise ConfigError(f"{path} can't be written ({error}); name another file.") from error
