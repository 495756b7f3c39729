"""What a sweep varies: numbers and choices of the configuration, by their names.

Names are those of :mod:`twin.named`; ``material.cutting.chosen`` is the set of coefficients in force, and one
coefficient of a polynomial is named by its number: ``machine.axes.X.displacement_error.EXX.polynomial_um[1]``.
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twin.errors import InputError
from twin.named import entry_at, entry_of, parts, with_values
from twin.override import Override
from twin.scenario import Scenario
from twin.units import Uncertain, split_suffix

# What the batched evaluator varies: it moves no path, no material is removed anew.
BATCHED = re.compile(
    r"""process\.(feed|speed)_(pct|ratio)
      | process\.tools\.\d+\.(feed|speed)_(pct|ratio)
      | environment\.\w+
      | machine\.thermal\..+[^\]]
      | machine\.(axes|squareness)\..+
      | material\.cutting\.chosen\.\w+
      | material\.physical\.(density|specific_heat|expansion)_\w+
      | material\.workpiece_share_\w+
      | tools\.\d+\.(stick_out|holder_stiffness|holder_tilt_stiffness|youngs_modulus)_\w+""",
    re.VERBOSE,
)
GEOMETRY = ("machine.axes.", "machine.squareness.")
STICK_OUT = re.compile(r"tools\.\d+\.stick_out_\w+")
BEAM = re.compile(r"tools\.\d+\.(stick_out|holder_stiffness|holder_tilt_stiffness|youngs_modulus)_\w+")
SWITCH = re.compile(r"process\.(?:tools\.(\d+)\.)?(feed|speed)_(?:pct|ratio)")
CHOSEN = "material.cutting.chosen."
COEFFICIENT = re.compile(r"(.+)\[(\d+)\]$")


@dataclass(frozen=True)
class Parameter:
    """A number of the configuration within bounds; name and values in its own unit."""

    key: str
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise InputError(f"{self.key} runs from {self.low:g} to {self.high:g}", remedy="name the lower bound first")


def is_batched(key: str) -> bool:
    """Whether the batched evaluator can vary ``key``; else each value of it is a run of its own."""
    return BATCHED.fullmatch(key) is not None


def is_quantity(key: str) -> bool:
    """Whether ``key`` is a number with a unit, rather than a choice such as ``machine``."""
    last = COEFFICIENT.sub(r"\1", key).rpartition(".")[2]
    return split_suffix(last) is not None


def changed(config: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the composed ``config`` with other values of the keys in ``values``.

    Raises:
        InputError: a key that leads nowhere.
    """
    for key, value in values.items():
        name = _plain(config, key)
        if match := COEFFICIENT.match(name):
            name, place = match[1], int(match[2])
            row = list(entry_at(config, name) or [])
            row += [0.0] * (place + 1 - len(row))
            row[place] = value
            value = row
        config = with_values(_with_place(config, name), {name: value})
    return config


def base_value(scenario: Scenario, key: str) -> float:
    """What ``key`` is in ``scenario``, in the unit of the key.

    Raises:
        InputError: it names no number.
    """
    node: Any = scenario
    match = COEFFICIENT.match(key)
    name, place = (match[1], int(match[2])) if match else (key, None)
    for part, bracketed in parts(_plain(scenario.config, name)):
        node, factor = _step(node, part, bracketed, key)
    if place is not None and isinstance(node, (tuple, list)):
        node = node[place] if place < len(node) else 0.0
    node = node.value if isinstance(node, Uncertain) else node
    if isinstance(node, bool) or not isinstance(node, (int, float)):
        raise InputError(f"{key} is {node!r}, not a number", remedy="sweep a quantity, or list its values")
    return float(node) / factor


def switch_range(scenario: Scenario, parameters: Sequence[Parameter]) -> tuple[float, float, float, float]:
    """Lowest and highest factor on the feed of the run, then on its spindle speed, over all tools."""
    bounds: dict[str, dict[str | None, tuple[float, float]]] = {name: {None: (1.0, 1.0)} for name in ("feed", "speed")}
    for parameter in parameters:
        if match := SWITCH.fullmatch(parameter.key):
            base = base_value(scenario, parameter.key)
            bounds[match[2]][match[1]] = (parameter.low / base, parameter.high / base)
    found = []
    for by_tool in bounds.values():
        low, high = by_tool.pop(None)
        found += [
            low * min([1.0, *(b[0] for b in by_tool.values())]),
            high * max([1.0, *(b[1] for b in by_tool.values())]),
        ]
    return tuple(found)  # type: ignore[return-value]


def _step(node: Any, part: str, bracketed: bool, key: str) -> tuple[Any, float]:
    """What ``part`` names in ``node``, and the factor of its unit to SI."""
    if bracketed and isinstance(node, (tuple, list)):
        return node[entry_of(node, part, key)], 1.0
    if isinstance(node, Mapping):
        for own, value in node.items():
            if str(own) == part:
                return value, 1.0
        if part.isdigit():  # a tool whose switches are not turned
            return Override(), 1.0
    if dataclasses.is_dataclass(node):
        if hasattr(node, part):
            return getattr(node, part), 1.0
        split = split_suffix(part)
        if split and hasattr(node, split[0]):
            return getattr(node, split[0]), split[1]
    raise InputError(f"the configuration has no {key}: nothing is called {part!r}", remedy="see `twin show`")


def _plain(config: Mapping[str, Any], key: str) -> str:
    """``key`` with the name of the set of coefficients in force."""
    if key.startswith(CHOSEN):
        return f"material.cutting[{config['material']['chosen']}].{key.removeprefix(CHOSEN)}"
    return key


def _with_place(config: dict[str, Any], name: str) -> dict[str, Any]:
    """``config`` in which the switches of a tool have a place, if ``name`` asks for them."""
    if not (match := re.match(r"process\.tools\.(\d+)\.", name)):
        return config
    process = config["process"]
    tools = {str(number): own for number, own in process["tools"].items()}
    return {**config, "process": {**process, "tools": {match[1]: {}, **tools}}}
