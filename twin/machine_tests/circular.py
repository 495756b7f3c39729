"""Circular tests, ISO 230-4: evaluation of measured circles, and what their shape says of the machine."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from twin.errors import InputError

TERMS = ("centre_u", "centre_v", "scale_u", "scale_v", "squareness", "gain_mismatch", "backlash_u", "backlash_v")


@dataclass(frozen=True)
class Circles:
    """One circle run in both directions; radii about the set-up centre."""

    radius: float  # [m] nominal
    angle: np.ndarray  # (2, sample) [rad] counter-clockwise from the first axis; rows: run counter-clockwise, clockwise
    deviation: np.ndarray  # (2, sample) [m] actual minus nominal radius


@dataclass(frozen=True)
class CircularSheet:
    """The results of ISO 230-4, about the least-squares centre of both runs where the centre matters; [m]."""

    circular_deviation: tuple[float, float]  # G counter-clockwise, clockwise: width of the minimum zone
    bidirectional: float  # G(b): width of the minimum zone of both
    radial_max: tuple[float, float]  # F max of each run
    radial_min: tuple[float, float]  # F min
    mean_radial: float  # D: mean bidirectional radial deviation
    hysteresis: float  # H: largest difference of the radii of the two runs at one angle


@dataclass(frozen=True)
class Separation:
    """Causes of the shape, by least squares; order of :data:`TERMS`."""

    value: np.ndarray  # (term,) [m], scale relative, squareness [rad]
    sigma: np.ndarray  # (term,) standard deviation from the scatter that is left
    left: float  # [m] standard deviation of what no cause explains


def circular_sheet(circles: Circles) -> CircularSheet:
    """Evaluate both runs.

    Raises:
        InputError: less than a full circle, or no numbers.
    """
    _check(circles)
    u, v = np.cos(circles.angle), np.sin(circles.angle)
    both = np.stack([np.ones(u.size), u.ravel(), v.ravel()], axis=1)
    (mean, *centre), *_ = np.linalg.lstsq(both, circles.deviation.ravel(), rcond=None)
    about = circles.deviation - centre[0] * u - centre[1] * v
    order = [np.argsort(row) for row in circles.angle % (2 * np.pi)]
    turned = [
        np.interp(
            np.linspace(0, 2 * np.pi, 3600, endpoint=False), (circles.angle[i] % (2 * np.pi))[o], about[i][o],
            period=2 * np.pi,
        )
        for i, o in enumerate(order)
    ]  # fmt: skip
    return CircularSheet(
        circular_deviation=(
            minimum_zone(circles.angle[0], circles.deviation[0]),
            minimum_zone(circles.angle[1], circles.deviation[1]),
        ),
        bidirectional=minimum_zone(circles.angle.ravel(), circles.deviation.ravel()),
        radial_max=(float(about[0].max()), float(about[1].max())),
        radial_min=(float(about[0].min()), float(about[1].min())),
        mean_radial=float(mean),
        hysteresis=float(np.abs(turned[0] - turned[1]).max()),
    )


def minimum_zone(angle: np.ndarray, deviation: np.ndarray) -> float:
    """Smallest radial separation [m] of two concentric circles that hold the path.

    A linear program in centre, mean radius and half width: exact to (deviation / radius) of itself.
    """
    ones = np.ones(len(angle))
    circle = np.stack([np.cos(angle), np.sin(angle), ones], axis=1)
    scale = max(float(np.ptp(deviation)), 1e-12)
    upper, lower = (np.concatenate([sign * circle, -ones[:, None]], axis=1) for sign in (-1, 1))
    right = np.concatenate([-deviation, deviation]) / scale
    bounds = [(None, None)] * 3 + [(0, None)]
    found = linprog([0, 0, 0, 1], A_ub=np.concatenate([upper, lower]), b_ub=right, bounds=bounds)
    return float(2 * found.fun * scale)


def separate(circles: Circles) -> Separation:
    """What scale errors, squareness, gain mismatch and backlash of two axes u, v explain of the shape.

    Squareness is a sin 2θ of one sign in both runs, gain mismatch one that flips with the sense of the run. The mean
    of both scales holds also what shrinks the circle as a whole (lag of the position loops).

    Raises:
        InputError: less than a full circle, or no numbers.
    """
    _check(circles)
    u, v = np.cos(circles.angle), np.sin(circles.angle)
    sense = np.array([[1.0], [-1.0]])
    columns = (
        u,
        v,
        circles.radius * u**2,
        circles.radius * v**2,
        -circles.radius * u * v,
        sense * 2 * u * v,
        sense * 0.5 * np.sign(v) * u,
        -sense * 0.5 * np.sign(u) * v,
    )
    design = np.stack([column.ravel() for column in columns], axis=1)
    measured = circles.deviation.ravel()
    value, *_ = np.linalg.lstsq(design, measured, rcond=None)
    left = float(np.sqrt(np.sum((measured - design @ value) ** 2) / (len(measured) - len(value))))
    sigma = left * np.sqrt(np.diag(np.linalg.inv(design.T @ design)))
    return Separation(value, sigma, left)


def _check(circles: Circles) -> None:
    if not (np.isfinite(circles.angle).all() and np.isfinite(circles.deviation).all()):
        raise InputError("a circular test with values that are no numbers", remedy="measure it again")
    for row, name in zip(circles.angle, ("counter-clockwise", "clockwise"), strict=True):
        around = np.sort(row % (2 * np.pi))
        gap = np.diff(np.append(around, around[0] + 2 * np.pi)).max()
        if gap > np.radians(10):
            raise InputError(
                f"the {name} run leaves {np.degrees(gap):.0f}° of the circle out", remedy="run a full circle"
            )
