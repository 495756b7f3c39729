"""Values of a composed configuration with their keys, as a person names them: without units, entries by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from twin.named import label_of, parts
from twin.units import split_suffix


@dataclass(frozen=True)
class Place:
    """A value and its key."""

    value: Any
    path: str = ""
    """Entries of lists by their name: ``material.cutting[carbide_dry_190]``."""
    numbered: str = ""
    """Entries of lists by their number: ``material.cutting[0]``."""
    names: tuple[str, ...] = ()
    """What the last step may be called."""
    source: str = ""
    """The nearest statement of a source: beside the value, or above it."""
    chosen: str = ""
    """Of rows of which one is in force: its name."""

    def below(self) -> Iterator["Place"]:
        """One step down."""
        dot = "." if self.path else ""
        if isinstance(self.value, Mapping):
            for name, value in self.value.items():
                bare = split_name(str(name))
                source = self.value.get(f"{bare}_source") or self.value.get("source") or self.source
                path, numbered = f"{self.path}{dot}{name}", f"{self.numbered}{dot}{name}"
                yield Place(value, path, numbered, (str(name), bare), str(source), str(self.value.get("chosen") or ""))
        elif self.has_entries:
            for number, value in enumerate(self.value):
                label = label_of(value) or str(number)
                path, numbered = f"{self.path}[{label}]", f"{self.numbered}[{number}]"
                yield Place(value, path, numbered, (label, str(number)), self.source)

    def all_below(self) -> Iterator["Place"]:
        """Every step down."""
        for place in self.below():
            yield place
            yield from place.all_below()

    @property
    def has_entries(self) -> bool:
        """Whether it is a list of more than plain values."""
        return isinstance(self.value, list) and any(isinstance(entry, Mapping) for entry in self.value)

    @property
    def is_leaf(self) -> bool:
        """Whether nothing is below it."""
        return not self.has_entries and not (isinstance(self.value, Mapping) and self.value)


def place_of(config: Any, key: str) -> Place | None:
    """The value that ``key`` leads to; None where there is none. Of rows of which one is chosen that one is meant."""
    place: Place | None = Place(config)
    for name, _ in parts(key):
        place = None if place is None else _step(place, name)
    return place


def _step(place: Place, name: str) -> Place | None:
    """What ``name`` is called below a place: exactly, else without its unit, else in the row that is chosen."""
    found = sorted((step for step in place.below() if name in step.names), key=lambda step: step.names[0] != name)
    if found or not place.has_entries or not place.chosen:
        return found[0] if found else None
    row = next((step for step in place.below() if place.chosen in step.names), None)
    return row if row is None or name == "chosen" else _step(row, name)


def split_name(key: str) -> str:
    """A key without its unit."""
    split = split_suffix(key)
    return split[0] if split else key
