"""The cost and energy model: what an operation, a set-up or a part takes of time, energy and money, as draws.

Energy follows the operating states of ISO 14955-1: a base power while the machine is ready, more while a program runs,
more while the spindle turns and coolant flows, and the cut itself through the efficiency of the spindle drive.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np

from twin.production.cost.economics import Economics
from twin.production.cost.operations import Operation
from twin.production.spread import draws
from twin.units import Uncertain

REFERENCE_DIAMETER = 10e-3  # [m] that the prices of tools are for
ENERGY = ("ready", "axes", "spindle", "coolant pump", "cutting")
MONEY = ("machine", "people", "tools", "energy", "coolant", "material", "scrap")


@dataclass(frozen=True)
class Account:
    """Draws (draw,) by what they are: time [s], energy [J] by :data:`ENERGY`, money [EUR] by :data:`MONEY`."""

    time: np.ndarray
    energy: dict[str, np.ndarray] = field(default_factory=dict)
    money: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def total_energy(self) -> np.ndarray:
        return sum(self.energy.values(), np.zeros_like(self.time))

    @property
    def cost(self) -> np.ndarray:
        return sum(self.money.values(), np.zeros_like(self.time))

    def __add__(self, other: "Account") -> "Account":
        return Account(self.time + other.time, _added(self.energy, other.energy), _added(self.money, other.money))

    def __mul__(self, factor: Any) -> "Account":
        return Account(
            self.time * factor,
            {name: values * factor for name, values in self.energy.items()},
            {name: values * factor for name, values in self.money.items()},
        )


def drawn(economics: Economics, n: int, random: np.random.Generator) -> Any:
    """The economics with (n,) draws in the place of every value ± deviation."""
    return filled(economics, lambda value: draws(value, n, random))


def filled(economics: Economics, number: Callable[[Uncertain], Any]) -> Any:
    """The economics with ``number`` of every value ± deviation in its place."""

    def of(node: Any) -> Any:
        if isinstance(node, Uncertain):
            return number(node)
        if isinstance(node, dict):
            return {key: of(value) for key, value in node.items()}
        if is_dataclass(node) and not isinstance(node, type):
            other = copy(node)  # not made anew: its checks are of numbers
            for f in fields(node):
                object.__setattr__(other, f.name, of(getattr(node, f.name)))
            return other
        return node

    return of(economics)


def machining(operation: Operation, e: Any, heat: np.ndarray) -> Account:
    """One operation.

    Args:
        e: as :func:`drawn` returns it.
        heat: (draw,) standard normal, the same for every operation of a material: where its cutting energy lies in the
            scatter of the cutting coefficients.
    """
    power, rates = e.power, e.rates
    time = operation.time * e.trust.time.value
    stretched = e.trust.time.value  # of everything that lasts as long as the program
    relative = operation.cutting_energy_deviation / max(operation.cutting_energy, 1e-12)
    variance = np.log1p(relative**2)
    cutting = operation.cutting_energy * np.exp(-variance / 2 + np.sqrt(variance) * heat)
    energy = {
        "ready": power.ready.power * time,
        "axes": power.axes.power * time,
        "spindle": power.spindle.power * operation.spindle_angle / power.spindle.speed * stretched,
        "coolant pump": power.flood_coolant.power * operation.flood_time * stretched,
        "cutting": cutting / power.efficiency.value,
    }
    row = e.tool(operation.kind)
    if operation.life_used is None:
        lives = operation.cutting_time / row.life
    else:
        lives = operation.life_used / e.trust.tool_life.value
    replacing = lives * e.times.tool_replacement.time
    price = row.price * operation.diameter / REFERENCE_DIAMETER / row.regrinds
    energy["ready"] = energy["ready"] + power.ready.power * replacing
    money = {
        "machine": rates.machine.rate * (time + replacing),
        "people": rates.operator.rate * (rates.attendance.value * time + replacing),
        "tools": lives * price,
        "energy": rates.electricity.price * sum(energy.values()),
        "coolant": rates.coolant.rate * operation.flood_time * stretched,
    }
    return Account(time + replacing, energy, money)


def waiting(time: np.ndarray, e: Any, *, people: np.ndarray) -> Account:
    """The machine ready, nothing moving, people at work ``people`` [s]: a set-up, a loading, a repair."""
    energy = {"ready": e.power.ready.power * time}
    money = {
        "machine": e.rates.machine.rate * time,
        "people": e.rates.operator.rate * people,
        "energy": e.rates.electricity.price * energy["ready"],
    }
    return Account(time, energy, money)


def _added(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: a[name] + b[name] if name in a and name in b else {**a, **b}[name] for name in {**a, **b}}
