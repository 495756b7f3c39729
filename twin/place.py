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

    def below(self) -> Iterator["Place"]:
        """One step down."""
        dot = "." if self.path else ""
        if isinstance(self.value, Mapping):
            for name, value in self.value.items():
                bare = split_name(str(name))
                source = self.value.get(f"{bare}_source") or self.value.get("source") or self.source
                path, numbered = f"{self.path}{dot}{name}", f"{self.numbered}{dot}{name}"
                yield Place(value, path, numbered, (str(name), bare), str(source))
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
    """The value that ``key`` leads to; None where there is none."""
    place = Place(config)
    for name, _ in parts(key):
        steps = [step for step in place.below() if name in step.names]
        if not steps:
            return None
        place = next((step for step in steps if step.names[0] == name), steps[0])
    return place


def split_name(key: str) -> str:
    """A key without its unit."""
    split = split_suffix(key)
    return split[0] if split else key
