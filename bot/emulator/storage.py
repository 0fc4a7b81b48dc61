"""Stores a platform's state in a file, so that it survives a restart."""

import os
import tempfile
from pathlib import Path

import msgspec

from bot.emulator.state import State
from bot.errors import ConfigError


def load(path: Path) -> State:
    """Return the state that `save` has written, or a new state if there is no file.

    Raises:
        ConfigError: the file cannot be read, or does not contain a state.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=State)
    except FileNotFoundError:
        return State()
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(
            f"{path} is not a state file of the emulator ({error}); name another file or remove it."
        ) from error


def save(state: State, path: Path) -> None:
    """Write the state to the file, which is replaced atomically. Only the file's owner can read it.

    Raises:
        ConfigError: the file cannot be written.
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
