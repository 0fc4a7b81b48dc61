"""The modules of `bot` and their imports, read from the source."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def named(path: Path) -> str:
    """Return the module's name, such as `bot.flow`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    named(path): path for path in (ROOT / "bot").rglob("*.py") if "templates" not in path.parts
}


def imports(path: Path) -> set[str]:
    """Return the imported modules of `bot`, and the first parts of other modules' names."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module
            assert not node.level, f"{path} imports relatively"
            names = {f"{node.module}.{one.name}" for one in node.names}
            found |= {name if name in MODULES else node.module for name in names}
    return {name if name in MODULES else name.partition(".")[0] for name in found}


def part_of(name: str) -> str:
    """Return the package or module of `bot` that a module belongs to."""
    return ".".join(name.split(".")[:2])


def reached(module: str) -> set[str]:
    """Return all modules of `bot` that importing `module` may load."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in MODULES and name not in seen:
            seen.add(name)
            waiting += imports(MODULES[name])
    return seen - {module}


def under(name: str, *packages: str) -> bool:
    return any(f"{name}.".startswith(f"{package}.") for package in packages)
