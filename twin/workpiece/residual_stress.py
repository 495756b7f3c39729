"""The schema of conf/residual_stress: stress through the thickness of a plate, from where, and how well known.

A plate that lies free carries no force and no moment, so that of any profile, and of any scatter of it, only what is
in equilibrium can be there: :func:`balance` takes the rest out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from twin.errors import InputError
from twin.units import MM, MPA, Length, Ratio, Uncertain

IMBALANCE = 0.02  # of the mean magnitude, what rounding of a profile may leave as force or as moment
SAME_THICKNESS = 0.01  # of the plate's thickness

Stresses = tuple[Annotated[Uncertain, "Pa"], ...]


def release_words(config: Mapping[str, Any]) -> str:
    """What a prediction with this configuration does about residual stress, for every report."""
    stress = config.get("residual_stress")
    return f"{stress['name']}, {stress['sureness']}" if stress else "not modelled"


@dataclass(frozen=True, kw_only=True)
class ResidualStress:
    """Stress in the plane of a plate, even over it, linear between the depths given."""

    name: str
    """Alloy, temper and thickness."""
    depth: tuple[Length, ...]
    """Below the plate's top face, from 0 to its thickness."""
    rolling: Stresses
    """Along the rolling direction at each depth, one standard deviation of each on its own."""
    transverse: Stresses
    """Across it."""
    rolling_direction: Literal["x", "y"]
    """Of the plate as it is clamped."""
    plate_scatter: Ratio
    """One standard deviation of the size of the whole profile from plate to plate."""
    poisson: Ratio
    """Poisson's ratio of the material."""
    source: str
    """Publication, and what is assumed."""
    scatter_basis: str
    """Where the scatter comes from."""
    sureness: Literal["read", "remembered", "assumed"]
    """Read in the source, remembered from it, or assumed."""

    def __post_init__(self) -> None:
        n = len(self.depth)
        if n < 3 or len(self.rolling) != n or len(self.transverse) != n:
            raise InputError(
                f"residual stress {self.name!r} has {n} depths, {len(self.rolling)} stresses along and "
                f"{len(self.transverse)} across",
                remedy="give one of each at three depths or more",
            )
        if self.depth[0] != 0 or not (np.diff(self.depth) > 0).all():
            shown = ", ".join(f"{depth / MM:g}" for depth in self.depth)
            raise InputError(
                f"the depths of residual stress {self.name!r} are {shown} mm",
                remedy="they start at 0 and each is larger than the one before",
            )
        if self.plate_scatter < 0 or not 0 <= self.poisson < 0.5:
            raise InputError(
                f"residual stress {self.name!r}: plate_scatter is {self.plate_scatter:g}, poisson {self.poisson:g}",
                remedy="a scatter of 0 or more, Poisson's ratio within 0 and 0.5",
            )
        for word, row in (("rolling", self.rolling), ("transverse", self.transverse)):
            self._check_balance(word, np.array([stress.value for stress in row]))

    def _check_balance(self, word: str, stress: np.ndarray) -> None:
        depth = np.array(self.depth)
        size = np.trapezoid(np.abs(stress), depth)
        rest = stress - balance(depth) @ stress  # the force and moment that it lacks: linear through the thickness
        worst = np.abs(rest[[0, -1]]).max()
        if worst > IMBALANCE * max(size / depth[-1], 1e-9 * MPA):
            raise InputError(
                f"residual stress {self.name!r} is not in equilibrium: its {word} stress leaves {rest[0] / MPA:+.2f} "
                f"MPa at the top and {rest[-1] / MPA:+.2f} MPa at the bottom as force and moment",
                remedy=f"a free plate carries none; close it to {IMBALANCE:.0%} of the mean magnitude",
            )

    @property
    def thickness(self) -> float:
        """Of the plate [m]."""
        return self.depth[-1]

    def check_plate(self, thickness: float) -> None:
        """Refuse a stock of another ``thickness`` [m].

        Raises:
            InputError: the profile ends before the plate does, or beyond it.
        """
        if abs(thickness - self.thickness) > SAME_THICKNESS * thickness:
            raise InputError(
                f"residual stress {self.name!r} reaches {self.thickness / MM:g} mm deep, the stock is "
                f"{thickness / MM:g} mm thick",
                remedy="give the profile of this plate; stress is not carried over from other thicknesses",
            )

    def along(self, axis: Literal["x", "y"]) -> tuple[np.ndarray, np.ndarray]:
        """Stress along ``axis`` at each depth and its standard deviation there, (depth,) [Pa]."""
        row = self.rolling if axis == self.rolling_direction else self.transverse
        return np.array([s.value for s in row]), np.array([s.deviation for s in row])


def balance(depth: np.ndarray) -> np.ndarray:
    """Matrix (depth, depth) that takes force and moment out of stresses at ``depth`` (depth,) [m].

    What it takes out is linear through the thickness, as the plate would by stretching and bending.
    """
    middle = (depth - depth[-1] / 2) / depth[-1]
    linear = np.stack([np.ones_like(depth), middle], axis=1)
    weights = np.stack([_integral(depth, column) for column in linear.T])  # force and moment of each depth's stress
    return np.eye(len(depth)) - linear @ np.linalg.solve(weights @ linear, weights)


def _integral(depth: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Weights (depth,) of the integral of a linear ``factor`` times a stress that is linear between depths."""
    step, low, high = np.diff(depth), factor[:-1], factor[1:]
    weights = np.zeros_like(depth)
    weights[:-1] += step * (2 * low + high) / 6
    weights[1:] += step * (low + 2 * high) / 6
    return weights
