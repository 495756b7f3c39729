"""Parameters by name, with what is held of them before anything is measured.

Each is normal or log-normal about its median; all estimators work in ``z``, its distance from the median in standard
deviations (of the logarithm, where log-normal): there every prior is a unit normal, every step is comparable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array
from twin.errors import InputError

FARTHEST = 6.0  # standard deviations from the median that an unbounded parameter may go


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter and its prior; values are in the unit that its name ends in."""

    name: str
    """As in the configuration, unit suffix included."""
    median: float
    spread: float
    """One standard deviation; of the logarithm where log-normal."""
    kind: Literal["normal", "log_normal"] = "log_normal"
    lower: float = -np.inf
    upper: float = np.inf
    source: str = ""
    """Where the prior comes from."""

    def __post_init__(self) -> None:
        if not self.spread > 0 or not self.lower <= self.median <= self.upper:
            raise InputError(
                f"prior of {self.name}: spread {self.spread:g}, median {self.median:g} within "
                f"{self.lower:g} and {self.upper:g}",
                remedy="give a positive spread, and bounds about the median",
            )
        if self.kind == "log_normal" and self.median <= 0:
            raise InputError(f"prior of {self.name} is log-normal about {self.median:g}", remedy="kind: normal")

    def value(self, z: Array) -> Array:
        """Value at ``z`` standard deviations from the median, any shape."""
        return self.median * jnp.exp(self.spread * z) if self.kind == "log_normal" else self.median + self.spread * z

    def z(self, value: float) -> float:
        """Standard deviations from the median at which it has ``value``; infinite where it never has."""
        if self.kind == "normal":
            return (value - self.median) / self.spread
        return float(np.log(value / self.median) / self.spread) if value > 0 else -np.inf

    @property
    def bounds(self) -> tuple[float, float]:
        """Of z."""
        return max(self.z(self.lower), -FARTHEST), min(self.z(self.upper), FARTHEST)


def values_of(parameters: Sequence[Parameter], z: Array) -> dict[str, Array]:
    """Name -> value at ``z`` (parameter,)."""
    return {p.name: p.value(z[i]) for i, p in enumerate(parameters)}


def drawn(parameters: Sequence[Parameter], seed: int) -> dict[str, float]:
    """One set from the prior, within the bounds; the same for the same ``seed`` and names.

    Each parameter has a stream of its own: a parameter more or less does not change the others.
    """
    found = {}
    for parameter in parameters:
        stream = np.random.default_rng([seed, *parameter.name.encode()])
        low, high = parameter.bounds
        z = stream.standard_normal()
        while not low <= z <= high:
            z = stream.standard_normal()
        found[parameter.name] = float(parameter.value(np.asarray(z)))
    return found


def medians(parameters: Sequence[Parameter]) -> dict[str, float]:
    """Name -> median of the prior."""
    return {p.name: p.median for p in parameters}


def z_of(parameters: Sequence[Parameter], values: Mapping[str, float]) -> np.ndarray:
    """(parameter,) [1] of ``values``."""
    return np.array([p.z(values[p.name]) for p in parameters])


def bounded(parameters: Sequence[Parameter], z: np.ndarray) -> np.ndarray:
    """``z`` (parameter,) brought within the bounds."""
    low, high = np.array([p.bounds for p in parameters]).T
    return np.clip(z, low, high)


def numbers(values: Mapping[str, jax.Array | float]) -> dict[str, float]:
    """Values as plain numbers."""
    return {name: float(value) for name, value in values.items()}
