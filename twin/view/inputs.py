"""What went into a run: every value of its configuration with the source that the configuration states for it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from twin.view.page import bullets, table

SAID_ELSEWHERE = ("scenario", "variants", "advice", "bench")  # groups that are no parameters of the prediction
SOURCES = ("source", "scatter_basis", "reason", "workpiece_share_source")
UNSTATED = "no source stated"


@dataclass(frozen=True)
class Input:
    """Values that stand together in the configuration, and where they are from."""

    group: str  # machine, material, tools ...
    key: str  # within the group, dotted
    values: str
    source: str  # empty where none is stated


def inputs(config: dict[str, Any]) -> list[Input]:
    """Every value that the prediction reads, in the order of the configuration.

    Args:
        config: as config.yaml holds it, with units in the keys.
    """
    return [
        one
        for group, values in config.items()
        if group not in SAID_ELSEWHERE and values
        for one in _walk(group, "", values, "")
    ]


def assumed(found: list[Input]) -> Counter[str]:
    """How many of the inputs are assumed, stated by a source, or stand without one, by group."""
    kinds: Counter[str] = Counter()
    for one in found:
        kinds[f"{one.group}:{kind(one)}"] += 1
    return kinds


def inputs_section(config: dict[str, Any]) -> str:
    """All of them in the small print of a report, and how many are assumed."""
    rows = inputs(config)
    counted = assumed(rows)
    said = [
        f"{group}: {counted[f'{group}:sourced']} with a source, {counted[f'{group}:assumed']} assumed, "
        f"{counted[f'{group}:unstated']} {UNSTATED}"
        for group in dict.fromkeys(one.group for one in rows)
    ]
    shown = ((_breakable(f"{one.group}.{one.key}".rstrip(".")), one.values, one.source or UNSTATED) for one in rows)
    guessed = [f"{what}: {ground}" for what, ground in config["scenario"].get("guessed", {}).items()]
    by_guess = f"<p>Guessed, since nobody stated it:</p>{bullets(guessed)}" if guessed else ""
    listed = table(("parameter", "value", "source"), shown, tight=True)
    return (
        f"{by_guess}<p>Entries of the configuration, as they were composed; <i>assumed</i> is a typical value that "
        f"nobody measured on this machine.</p>{bullets(said)}{listed}"
    )


def _breakable(key: str) -> str:
    """A long key may go on in the next line after a dot."""
    return key.replace(".", ".\u200b")


def kind(one: Input) -> str:
    """``assumed``, ``sourced`` or ``unstated``."""
    if not one.source:
        return "unstated"
    return "assumed" if "assumed" in one.source.lower() else "sourced"


def _walk(group: str, key: str, node: Any, source: str) -> Iterator[Input]:
    if isinstance(node, list) and any(isinstance(item, dict) for item in node):
        for number, item in enumerate(node):
            name = item.get("name", number) if isinstance(item, dict) else number
            yield from _walk(group, _join(key, str(name)), item, source)
        return
    if not isinstance(node, dict):
        yield Input(group, key, _text(node), source)
        return
    own = "; ".join(str(node[name]) for name in (*SOURCES, "sureness") if isinstance(node.get(name), str)) or source
    plain = {k: v for k, v in node.items() if not _is_nested(v) and k not in (*SOURCES, "sureness")}
    if plain:
        yield Input(group, key, ", ".join(f"{k} {_text(v)}" for k, v in plain.items()), own)
    for name, inner in node.items():
        if _is_nested(inner) and not name.endswith("_elsewhere") and (used := _of_choice(node, inner)):
            yield from _walk(group, _join(key, name), used, own)


def _of_choice(node: dict[str, Any], inner: Any) -> Any:
    """Of rows that the group chooses from by name, the chosen one."""
    if isinstance(inner, list) and "chosen" in node:
        return [row for row in inner if isinstance(row, dict) and row.get("name") == node["chosen"]]
    return inner


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value)
    )


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _text(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_text(item) for item in value)}]"
    return f"{value:g}" if isinstance(value, float) else str(value)
