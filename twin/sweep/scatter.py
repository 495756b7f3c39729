"""What scatters about a scenario: numbers of its configuration with the deviation that it states, or that is given.

A source is one independent cause; it may move several numbers together. Positive numbers with a relative deviation are
log-normal with that mean and deviation, all others normal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from twin.errors import InputError
from twin.named import deviation_at, entry_at, label_of, names_like
from twin.scenario import Scenario
from twin.sweep.parameters import base_value, is_batched
from twin.units import Length, Ratio, TemperatureDifference, Time, split_suffix

# What the stated scatter of each entry of machine.thermal is of (see twin.thermal.network).
THERMAL = {
    "nodes": ("capacity",),
    "links": ("conductance", "film"),
    "bearings": ("f0", "z"),
    "motor": ("idle_loss",),
    "feed_drives": ("friction_torque", "friction_force"),
    "members": ("expansion",),
}
# Coefficients of 1, s and s^2 of the first two Legendre polynomials with mean square 1 over the travel s = -1 .. 1: an
# unknown error function is half slope and half arch. Its constant part goes when the part is probed.
SLOPE = ((1, sqrt(3.0)),)
ARCH = ((0, -sqrt(5.0) / 2), (2, 1.5 * sqrt(5.0)))


@dataclass(frozen=True, kw_only=True)
class ScatterRow:
    """Scatter of what the configuration itself does not state; one of the deviations is given."""

    names: str
    """Pattern of names in the composed configuration, unit included."""
    group: str
    """What they are summed up under."""
    relative: Ratio | None = None
    """One standard deviation over the value."""
    length: Length | None = None
    """One standard deviation of a length."""
    temperature: TemperatureDifference | None = None
    """One standard deviation of a temperature."""
    time: Time | None = None
    """One standard deviation of a time."""
    source: str
    """Where it comes from; 'assumed' if nowhere."""


@dataclass(frozen=True, kw_only=True)
class ToolSetting:
    """How well tools are known when they are set; each tool for itself."""

    diameter: Length
    """One standard deviation of the cutting diameter about that of the tool list."""
    length: Length
    """One standard deviation of the length about the one in the control."""
    source: str
    """Where it comes from; 'assumed' if nowhere."""


@dataclass(frozen=True)
class Source:
    """One independent cause of scatter; values in the units of its keys."""

    name: str
    group: str
    keys: tuple[str, ...]
    base: tuple[float, ...]  # of each key
    deviation: tuple[float, ...]  # of each key at one standard deviation; signed where they move against each other
    log_normal: bool
    origin: str

    def values(self, z: np.ndarray) -> np.ndarray:
        """(..., key) at ``z`` (...) standard deviations of the cause."""
        base, deviation, z = np.array(self.base), np.array(self.deviation), np.asarray(z)[..., None]
        if not self.log_normal:
            return base + deviation * z
        spread = np.sqrt(np.log1p((deviation / base) ** 2))
        return base * np.exp(spread * z - spread**2 / 2)


def sources_of(scenario: Scenario, rows: Sequence[ScatterRow]) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """All sources of ``scenario``, and the names of those that the batched evaluator cannot vary.

    Raises:
        InputError: a row that fits nothing, or without exactly one deviation, or of the wrong unit.
    """
    found = [*_material(scenario), *_heat(scenario), *_axes(scenario), *_squareness(scenario)]
    for row in rows:
        names = names_like(scenario.config, row.names)
        if not names:
            raise InputError(f"robustness.scatter: nothing is called {row.names}", remedy="see `twin show`")
        found += [_of_row(scenario, row, name) for name in names]
    left_out = tuple(source.name for source in found if not all(map(is_batched, source.keys)))
    varied = [s for s in found if s.name not in left_out and any(s.deviation)]
    twice = {source.name for source in varied if [s.name for s in varied].count(source.name) > 1}
    if twice:
        raise InputError(f"the scatter of {min(twice)} is given twice", remedy="leave out the row or the stated one")
    return tuple(varied), left_out


def values_of(sources: Sequence[Source], keys: Sequence[str], base: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Values (row, key) of the configuration at ``z`` (row, source); what no source moves stays at ``base`` (key,).

    Sources that move the same key add up.
    """
    place = {key: column for column, key in enumerate(keys)}
    values = np.tile(base, (len(z), 1))
    for source, causes in zip(sources, z.T, strict=True):
        columns = [place[key] for key in source.keys]
        values[:, columns] += source.values(causes) - np.array(source.base)
    return values


def _material(scenario: Scenario) -> Iterator[Source]:
    config = scenario.config["material"]
    number = next(n for n, row in enumerate(config["cutting"]) if row["name"] == config["chosen"])
    row = config["cutting"][number]
    for key in row:
        if split_suffix(key):
            name = f"material.cutting.chosen.{key}"
            yield _stated(scenario, name, "material", (name,), f"material.cutting[{number}].{key}", row["source"])
    for key in config["physical"]:
        if split_suffix(key):
            name = f"material.physical.{key}"
            yield _stated(scenario, name, "material", (name,), name, config["physical"]["source"])


def _heat(scenario: Scenario) -> Iterator[Source]:
    for kind, stems in THERMAL.items():
        for place, label, node in _entries(scenario.config["machine"]["thermal"][kind], kind):
            keys = [key for key in node if (split_suffix(key) or ("",))[0] in stems and node[key] is not None]
            if keys:
                full = tuple(f"machine.thermal.{place}.{key}" for key in keys)
                yield _stated(scenario, label, "machine heat", full, full[0], node["source"])


def _axes(scenario: Scenario) -> Iterator[Source]:
    for axis, entry in scenario.config["machine"]["axes"].items():
        for kind in ("displacement_error", "rotation_error"):
            for term, row in (entry.get(kind) or {}).items():
                key, deviation = next((k, float(v)) for k, v in row.items() if k.startswith("scatter_"))
                unit = key.removeprefix("scatter_")
                written = next((k for k in row if k.startswith("polynomial_")), f"polynomial_{unit}")
                deviation *= _factor(unit) / _factor(written.removeprefix("polynomial_"))
                place = f"machine.axes.{axis}.{kind}.{term}"
                for shape, parts in (("slope", SLOPE), ("arch", ARCH)):
                    keys = tuple(f"{place}.{written}[{power}]" for power, _ in parts)
                    sizes = tuple(weight * deviation / sqrt(2) for _, weight in parts)
                    yield _source(scenario, f"{term} {shape}", "machine errors", keys, sizes, False, row["source"])


def _squareness(scenario: Scenario) -> Iterator[Source]:
    for term, row in (scenario.config["machine"].get("squareness") or {}).items():
        value = next(k for k in row if k.startswith("value_"))
        key, deviation = next((k, float(v)) for k, v in row.items() if k.startswith("scatter_"))
        deviation *= _factor(key.removeprefix("scatter_")) / _factor(value.removeprefix("value_"))
        keys = (f"machine.squareness.{term}.{value}",)
        yield _source(scenario, f"squareness {term}", "machine errors", keys, (deviation,), False, row["source"])


def _stated(scenario: Scenario, name: str, group: str, keys: tuple[str, ...], stated_at: str, origin: str) -> Source:
    """Keys that share the relative deviation which the configuration states; of a zero value, the absolute one."""
    base = [base_value(scenario, key) for key in keys]
    relative = deviation_at(scenario.config, stated_at)
    if relative is None and len(keys) == 1:  # 0 ± 0.7
        return _source(scenario, name, group, keys, (_absolute(scenario.config, stated_at),), False, origin)
    sizes = tuple(abs(value) * (relative or 0.0) for value in base)
    return _source(scenario, name, group, keys, sizes, min(base) > 0, origin)


def _of_row(scenario: Scenario, row: ScatterRow, name: str) -> Source:
    kinds = {"relative": ("",), "length": ("m",), "temperature": ("K", "degC"), "time": ("s",)}
    given = {kind: getattr(row, kind) for kind in kinds if getattr(row, kind) is not None}
    if len(given) != 1:
        raise InputError(f"robustness.scatter of {row.names} states {len(given)} deviations", remedy="give one of them")
    (kind, deviation), base = *given.items(), base_value(scenario, name)
    if kind == "relative":
        return _source(scenario, name, row.group, (name,), (abs(base) * deviation,), base > 0, row.source)
    _, factor, unit = split_suffix(name.rpartition(".")[2]) or ("", 1.0, "")
    if unit not in kinds[kind]:
        raise InputError(f"robustness.scatter of {row.names}: {name} is no {kind}", remedy="give relative_pct")
    return _source(scenario, name, row.group, (name,), (deviation / factor,), False, row.source)


def _source(
    scenario: Scenario,
    name: str,
    group: str,
    keys: tuple[str, ...],
    deviation: tuple[float, ...],
    log_normal: bool,
    origin: str,
) -> Source:
    base = tuple(base_value(scenario, key) if is_batched(key) else 0.0 for key in keys)
    return Source(name, group, keys, base, deviation, log_normal, origin)


def _entries(node: Any, kind: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Place and label of every entry of one kind in the thermal network, and the entry."""
    if isinstance(node, list):
        for number, entry in enumerate(node):
            when = f" ({entry['when']})" if entry.get("when", "always") != "always" else ""
            yield f"{kind}[{number}]", f"{kind} {label_of(entry)}{when}", entry
    elif kind == "motor":
        yield kind, "spindle motor", node
    else:
        yield from ((f"{kind}.{key}", f"{kind} {key}", entry) for key, entry in node.items())


def _absolute(config: Mapping[str, Any], name: str) -> float:
    return float(str(entry_at(config, name)).partition("±")[2] or 0.0)


def _factor(suffix: str) -> float:
    split = split_suffix(f"x_{suffix}")
    assert split is not None  # the scenario was read with it
    return split[1]
