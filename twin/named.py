"""Values of a composed configuration by name: ``machine.thermal.links[headstock-ambient].conductance_w_k``.

A name is the path of keys to a value, as in an override of the command line. An entry of a list is named in brackets:
by what it is of (its ``name``, ``node``, or ``between`` joined by a hyphen) or by its number. A quantity that the
configuration writes as ``767 ± 310`` has the value 767; setting it may state another deviation.
"""

import copy
import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from twin.errors import InputError

PART = re.compile(r"([^.\[\]]+)|\[([^\]]+)\]")


def value_at(config: Any, name: str) -> float | None:
    """The number called ``name``; None where the configuration leaves it out.

    Raises:
        InputError: no such place, or no number there.
    """
    node, last = _parent(config, name)
    if node.get(last) is None:
        return None
    return _number(node[last], name)[0]


def entry_at(config: Any, name: str) -> Any:
    """What stands there as it is written, ``767 ± 310``; None where the configuration leaves it out."""
    node, last = _parent(config, name)
    return node.get(last)


def deviation_at(config: Any, name: str) -> float | None:
    """What the configuration states as its relative standard deviation; None where it states none.

    Either in the value itself (``767 ± 310``) or beside it (``scatter_pct``, ``scatter_ratio``).
    """
    node, last = _parent(config, name)
    value, deviation = _number(node[last], name) if node.get(last) is not None else (0.0, 0.0)
    if deviation and value:
        return deviation / abs(value)
    if node.get("scatter_pct") is not None:
        return float(node["scatter_pct"]) / 100
    return float(node["scatter_ratio"]) if node.get("scatter_ratio") is not None else None


def with_values(config: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of ``config`` in which every name has its value: a number, ``value ± deviation``, None to leave it out.

    Raises:
        InputError: a name that leads nowhere.
    """
    changed = copy.deepcopy(config)
    for name, value in values.items():
        node, last = _parent(changed, name)
        if value is None:
            node.pop(last, None)
        else:
            node[last] = value
    return changed


def names_like(config: Any, pattern: str) -> list[str]:
    """Names in ``config`` that match ``pattern``, in which ``*`` stands for any key or entry.

    The last key may be missing from the configuration: its place must exist.
    """
    *keys, (last, _) = parts(pattern)
    return [f"{name}.{last}" for name in _matches(config, keys, "")]


def parts(name: str) -> list[tuple[str, bool]]:
    """Keys of a name, and whether each stands in brackets."""
    return [(key or entry, bool(entry)) for key, entry in PART.findall(name)]


def entry_of(entries: Sequence[Any], key: str, name: str) -> int:
    """Number of the one entry, a mapping or a dataclass, that is called ``key`` in ``name``.

    Raises:
        InputError: none is, or several are.
    """
    found = [number for number, entry in enumerate(entries) if key in (label_of(entry), str(number))]
    if len(found) != 1:
        raise InputError(f"{len(found) or 'no'} entries are called {key!r}: {name}", remedy="see `twin show`")
    return found[0]


def _matches(node: Any, keys: list[tuple[str, bool]], name: str) -> Iterator[str]:
    if not keys:
        yield name
        return
    (key, bracketed), *rest = keys
    if bracketed and isinstance(node, list):
        for number, entry in enumerate(node):
            label = label_of(entry) or str(number)
            if fnmatch.fnmatchcase(label, key):
                yield from _matches(entry, rest, f"{name}[{label}]")
    elif not bracketed and isinstance(node, Mapping):
        for own, entry in node.items():
            if fnmatch.fnmatchcase(str(own), key):
                yield from _matches(entry, rest, f"{name}.{own}" if name else str(own))


def _parent(config: Any, name: str) -> tuple[dict[str, Any], str]:
    """The mapping that holds the value called ``name``, and its key there."""
    *path, (last, bracketed) = parts(name)
    node = config
    for key, entry in path:
        if entry and isinstance(node, list):
            node = node[entry_of(node, key, name)]
        else:
            node = node.get(key) if isinstance(node, Mapping) else None
        if node is None:
            raise InputError(f"the configuration has no {name}: nothing is called {key!r}", remedy="see `twin show`")
    if bracketed or not isinstance(node, dict):
        raise InputError(f"{name} does not name a value", remedy="end it in a key with its unit")
    return node, last


def label_of(entry: Any) -> str | None:
    """What an entry of a list is of: its ``name``, its ``node``, or what it is ``between``; None: nothing says."""
    values = entry if isinstance(entry, Mapping) else vars(entry) if hasattr(entry, "__dict__") else {}
    if "between" in values:
        return "-".join(values["between"])
    label = values.get("name") or values.get("node")
    return None if label is None else str(label)


def _number(value: Any, name: str) -> tuple[float, float]:
    """Value and deviation of a number or of a text ``value ± deviation``."""
    try:
        middle, _, deviation = str(value).partition("±")
        return float(middle), float(deviation or 0.0)
    except ValueError:
        raise InputError(f"{name} is {value!r}, not a number") from None
