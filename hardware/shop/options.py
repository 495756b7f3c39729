"""What a file that describes a shop can say (docs/shopfloor.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hardware.bench import open_source
from hardware.source import Source
from twin.config import build
from twin.data import recording
from twin.errors import InputError
from twin.production.machine_states import vocabulary
from twin.settings import read_yaml
from twin.units import Time

WORDS = ("execution", "mode")  # channels whose numbers stand for words
SPOKEN = ("shdr", "mtconnect")  # kinds of sources that send the words themselves
# A source gives numbers: a word travels as its place in this list.
CODES = {kind: [word for words in vocabulary()[kind].values() for word in words] for kind in WORDS}


@dataclass(frozen=True, kw_only=True)
class MachineOptions:
    """One machine of the shop."""

    source: dict[str, Any]
    """``kind`` and the options of that source, as conf/bench/KIND.yaml has them (docs/sources.md)."""
    codes: dict[str, dict[int, str]] = field(default_factory=dict)
    """Channel ``execution`` or ``mode`` -> what its numbers mean, where the source sends numbers: {3: ACTIVE}."""
    planned_run_time: Time | None = None
    """PRI, the planned run time per item."""
    good_share: float | None = None
    """Good parts of all that were counted; none: nobody inspects, and the OEE is not known."""


@dataclass(frozen=True, kw_only=True)
class ShopOptions:
    """A shop."""

    machines: dict[str, MachineOptions]
    silence: Time = 300.0
    """Without a word for longer nobody knows what a machine does."""
    clock_tolerance: Time = 1.0
    """By which a machine's clock may be from this computer's before its times are shifted."""
    retry: Time = 10.0
    """How long to wait before a source that has failed is opened again."""


def read_shop(file: Path) -> ShopOptions:
    """The shop that ``file`` (YAML) describes.

    Raises:
        InputError: it cannot be read, has unknown keys, or describes no machine.
    """
    shop = build(ShopOptions, read_yaml(file), "shop", file=file)
    if not shop.machines:
        raise InputError("the shop has no machine", file=file, remedy="see docs/shopfloor.md")
    for name, machine in shop.machines.items():
        for channel, table in machine.codes.items():
            if channel not in WORDS:
                raise InputError(
                    f"codes of {name}: '{channel}' has no words", file=file, remedy=f"known: {', '.join(WORDS)}"
                )
            if wrong := [word for word in table.values() if word.upper() not in CODES[channel]]:
                known = ", ".join(CODES[channel])
                raise InputError(f"unknown state '{wrong[0]}' of {name}", file=file, remedy=f"known: {known}")
        if machine.good_share is not None and not 0 <= machine.good_share <= 1:
            raise InputError(f"good_share of {name} is {machine.good_share:g}", file=file, remedy="it is from 0 to 1")
    return shop


def source_of(name: str, machine: MachineOptions) -> Source:
    """The source of a machine, not yet connected.

    Raises:
        InputError: there is no such kind, or its options are wrong.
    """
    options = dict(machine.source)
    kind = options.pop("kind", None)
    if kind is None:
        raise InputError(f"the source of {name} has no kind", remedy="kind: mtconnect, opcua, mqtt or shdr")
    if str(options.get("file", "")).startswith("data:"):
        options["file"] = str(recording(options["file"].removeprefix("data:")))
    if kind in SPOKEN:
        channels = {key: dict(row) for key, row in options.get("channels", {}).items()}
        for channel in WORDS:
            if channel in channels and "words" not in channels[channel]:
                channels[channel]["words"] = {word: float(k) for k, word in enumerate(CODES[channel])}
        options["channels"] = channels
    return open_source(str(kind), options, None)  # type: ignore[arg-type]  # no source here needs a scenario


def codes_of(machine: MachineOptions) -> Mapping[str, Mapping[int, str]]:
    """Channel -> number -> word."""
    spoken = {kind: dict(enumerate(words)) for kind, words in CODES.items()}
    given = {kind: {int(k): word.upper() for k, word in table.items()} for kind, table in machine.codes.items()}
    return {**spoken, **given} if machine.source.get("kind") in SPOKEN else given
