"""Floquet multipliers of milling over spindle speed and depth of cut: is the cut stable, and what chatter is it?

The largest multiplier mu says by how much a disturbance grows from one tooth to the next (from one revolution to the
next where the pitch is uneven): the cut is stable where |mu| < 1. Complex mu is a Hopf bifurcation: chatter with a
frequency of its own; negative real mu is a flip, period doubling; positive real mu is neither.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from twin.cutting.stability.collocation import collocation_multipliers
from twin.cutting.stability.directional import damping_matrices, force_matrices
from twin.cutting.stability.milling import Milling, check, check_modes, check_points
from twin.cutting.stability.panels import gauss_rule
from twin.cutting.stability.semi_discretisation import semi_discretisation_multipliers
from twin.errors import InputError

HOPF, FLIP, REAL = 0, 1, 2
KINDS = ("Hopf", "flip", "real")
REAL_SHARE = 1e-6  # imaginary part over modulus that counts as none
KRYLOV_TOLERANCE = 1e-7
PHASE = 5.0  # [rad] of the fastest mode that matters within a panel: with 10 nodes the multipliers are good to 1e-5
LEAST_COMPLIANCE = 0.25  # at resonance, over that of the softest mode, of a mode that panels have to follow
Method = Literal["collocation", "semi_discretisation"]


@dataclass(frozen=True)
class Multipliers:
    """Largest multiplier of each point."""

    value: np.ndarray  # (...) complex, imaginary part at least 0
    error: np.ndarray  # (...) estimated numerical error of |value|

    @property
    def modulus(self) -> np.ndarray:
        """|mu| (...)."""
        return np.abs(self.value)

    @property
    def kind(self) -> np.ndarray:
        """(...) int: HOPF, FLIP or REAL; index of KINDS."""
        complex_pair = self.value.imag > REAL_SHARE * np.abs(self.value)
        return np.where(complex_pair, HOPF, np.where(self.value.real < 0, FLIP, REAL))


@dataclass(frozen=True)
class Cuts:
    """Windows of immersion and speeds, each with several depths, as the kernels take them."""

    speed: np.ndarray  # (cut,) [rad/s]
    entry: np.ndarray  # (cut,) [rad]
    width: np.ndarray  # (cut,) [rad] from entry to exit
    depth: np.ndarray  # (point,) [m]
    first: np.ndarray  # (cut + 1,) points of cut i are first[i]:first[i + 1]


def floquet_multipliers(
    milling: Milling,
    speed: ArrayLike,
    depth: ArrayLike,
    *,
    method: Method = "collocation",
    resolution: int | None = None,
) -> Multipliers:
    """Largest multiplier at each pair of ``speed`` and ``depth``, which are broadcast against each other.

    Collocation divides the period by what the immersion and the speed ask for: teeth out of the cut cost one step,
    slow spindles more panels. At every immersion and speed it is exact to more digits in less time than the
    semi-discretisation, which is there to check it.

    Args:
        milling: the engagement.
        speed: [rad/s] of the spindle.
        depth: [m] axial depth of cut.
        method: how the period is discretised.
        resolution: nodes of a panel (collocation, default 10), or intervals of a tooth period (semi-discretisation,
            default 40 for each cycle of the fastest mode and at least 160).

    Raises:
        InputError: numbers that cannot be; a resolution that is too coarse.
    """
    speed, depth = np.broadcast_arrays(np.asarray(speed, dtype=float), np.asarray(depth, dtype=float))
    check(milling)
    check_points(speed, depth)
    order = np.argsort(speed, axis=None, kind="stable")
    speeds, first = np.unique(speed.ravel()[order], return_index=True)
    entry, leave = float(milling.entry), float(milling.exit)
    cuts = Cuts(
        speed=speeds,
        entry=np.full(len(speeds), entry),
        width=np.full(len(speeds), leave - entry),
        depth=depth.ravel()[order],
        first=np.append(first, depth.size),
    )
    value, error = multipliers_of_cuts(milling, cuts, method, resolution)
    back = np.empty_like(order)
    back[order] = np.arange(order.size)
    return Multipliers(value[back].reshape(speed.shape), error[back].reshape(speed.shape))


def multipliers_of_cuts(
    milling: Milling,
    cuts: Cuts,
    method: Method = "collocation",
    resolution: int | None = None,
    *,
    tolerance: float = KRYLOV_TOLERANCE,
    estimate: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """Value and error (point,) for windows and speeds of ``cuts``; ``milling`` gives all else.

    Without ``estimate`` collocation runs once and the error is that of Arnoldi's method only.
    """
    modes, matrices = _reduced(milling)
    if method == "collocation":
        nodes = 10 if resolution is None else resolution
        return _collocation(milling, cuts, modes, matrices, nodes, tolerance, estimate)
    return _semi_discretisation(milling, cuts, modes, matrices, resolution, tolerance)


def _collocation(
    milling: Milling, cuts: Cuts, modes: tuple, matrices: tuple, nodes: int, tolerance: float, estimate: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The error is the difference from two nodes fewer a panel, and the residual of Arnoldi's method."""
    if nodes < 4:
        raise InputError(f"{nodes} nodes a panel are too coarse", remedy="take 4 at least, 10 for maps")
    pitch = np.asarray(milling.pitch or [2 * np.pi / milling.n_teeth] * milling.n_teeth)
    even = np.ptp(pitch) < 1e-9
    position = np.concatenate([[0.0], np.cumsum(pitch)[:-1]])
    teeth = (position, np.roll(pitch, 1), float(pitch[0]) if even else 2 * np.pi)
    speed, entry, width, depth, first, back = _mixed(cuts)
    # the response of every mode is exact; panels follow those whose vibration the cutting force feels
    softness = 1 / (modes[2] * np.maximum(modes[1], 1e-6))
    fastest = modes[0][softness >= LEAST_COMPLIANCE * softness.max()].max()
    phase = PHASE * modes[0].max() / fastest
    found = []
    for n in (nodes, nodes - 2) if estimate else (nodes,):
        longest = teeth[2] / cuts.speed.min() * modes[0].max() / PHASE + 4 * milling.n_teeth**2 + 4
        seed = _seed(2 * len(modes[0]) + int(longest) * n * modes[3].shape[1])
        value, residual = collocation_multipliers(
            speed, entry, width, depth, first, teeth, modes, matrices, gauss_rule(n), phase, tolerance, seed
        )
        found.append((value, residual))
    (value, residual), (coarse, _) = found[0], found[-1]
    return value[back], (np.abs(np.abs(value) - np.abs(coarse)) + residual)[back]


def _semi_discretisation(
    milling: Milling, cuts: Cuts, modes: tuple, matrices: tuple, intervals: int | None, tolerance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Extrapolated from ``intervals`` and twice as many; the error is what the extrapolation changed."""
    if milling.pitch and np.ptp(milling.pitch) > 1e-9:
        raise InputError("semi-discretisation knows even pitch only", remedy="use collocation")
    cycles = modes[0].max() / cuts.speed.min() / milling.n_teeth
    least = int(np.ceil(8 * cycles))
    intervals = max(80, int(20 * cycles)) if intervals is None else intervals
    if intervals < least:
        raise InputError(
            f"{intervals} intervals a tooth period are too coarse for {cycles:.1f} cycles of vibration",
            remedy=f"take {least} at least",
        )
    speed, entry, width, depth, first, back = _mixed(cuts)
    found = []
    for k in (intervals, 2 * intervals):
        seed = _seed(2 * len(modes[0]) + k * modes[3].shape[1])
        found.append(
            semi_discretisation_multipliers(
                speed, entry, width, depth, first, milling.n_teeth, modes, matrices, k, tolerance, seed
            )
        )
    (coarse, _), (fine, residual) = found
    modulus = (4 * np.abs(fine) - np.abs(coarse)) / 3
    value = fine * np.where(np.abs(fine) > 0, np.maximum(modulus, 0) / np.maximum(np.abs(fine), 1e-300), 1)
    return value[back], (np.abs(modulus - np.abs(fine)) + residual)[back]


def _reduced(milling: Milling) -> tuple[tuple, tuple]:
    """Modes and matrices in the directions along which modes move, as NumPy arrays."""
    modes = check_modes(milling.modes)
    direction = np.asarray(modes.direction, dtype=float)
    _, size, axes = np.linalg.svd(direction, full_matrices=False)
    axes = axes[size > 1e-12 * size.max()]
    # copies: JAX's own memory is read-only, for which numba would compile every kernel once more
    arrays = (np.array(a, dtype=float) for a in (modes.omega, modes.damping, modes.stiffness))
    cutting = np.asarray(force_matrices(milling.ktc, milling.krc, milling.kac, milling.kappa))
    viscous = np.asarray(damping_matrices()) * float(milling.process_damping) / (float(milling.radius) or 1.0)
    along = tuple(np.ascontiguousarray(axes @ matrix @ axes.T) for matrix in (cutting, viscous))
    return (*arrays, np.ascontiguousarray(direction @ axes.T)), along


def _mixed(cuts: Cuts) -> tuple[np.ndarray, ...]:
    """The arrays of ``cuts`` in an order that gives every core slow and fast speeds, and the points' way back."""
    order = np.random.default_rng(0).permutation(len(cuts.speed))
    count = np.diff(cuts.first)[order]
    first = np.concatenate([[0], np.cumsum(count)])
    points = np.repeat(cuts.first[:-1][order] - first[:-1], count) + np.arange(first[-1])
    back = np.empty_like(points)
    back[points] = np.arange(len(points))
    return cuts.speed[order], cuts.entry[order], cuts.width[order], cuts.depth[points], first, back


def _seed(n: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(n)
