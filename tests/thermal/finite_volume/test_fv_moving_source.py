"""Heat sources that move over a part, against the quasi-steady solutions of Jaeger and Rosenthal.

The source steps from cell to cell; temperatures are read once its start is forgotten.
"""

import numpy as np
import pytest

from twin.thermal.finite_volume.conduction import FreeSurface, Solid, assemble
from twin.thermal.finite_volume.transient import explicit, implicit
from twin.thermal.finite_volume.voxels import Voxels

AL7075 = Solid("Al7075", 130.0, 130.0 / 4.819098e-5)


def travel(counts, spacing, solid, surfaces, heated, first, n_steps, power, speed, run):
    """(cell,) field of shape ``counts`` after ``n_steps`` cells of travel along x.

    Args:
        heated: (cell, 3) relative to the source's cell -> share of the power.
        first: cell along x where it starts.
    """
    voxels = Voxels(np.zeros(3), np.asarray(spacing, float), np.zeros(counts, int))
    cells = voxels.cells
    heat = {str(step): heated(cells - [first + step, 0, 0]) for step in range(n_steps)}
    model = assemble(voxels, [solid], surfaces, heat)
    inputs = np.repeat(np.hstack([power * np.eye(n_steps), np.zeros((n_steps, 1))]), 2, axis=0)
    return run(model, inputs, spacing[0] / speed / 2, np.zeros(len(cells)))[-1].reshape(counts)


def at_symmetry(near, next_to_it):
    """Value on a plane of symmetry from the two cells beside it."""
    return near + (near - next_to_it) / 8


def corner(relative):
    return (relative == 0).all(axis=1) * 1.0


TIED = [FreeSurface(0, 1e-9, normal=(0, 1))]  # ties the end ahead to its fluid, without taking heat


@pytest.mark.parametrize(
    ("peclet", "largest", "at", "mean", "half", "n_steps", "depth", "run_up"),
    [
        pytest.param(0.2, 1.12603, -0.3591, 1.02876, 6, 300, 160, 60, marks=pytest.mark.long),
        (0.5, 2.04859, -0.5367, 1.76191, 10, 200, 120, 30),
        (1.0, 3.11599, -0.6664, 2.51283, 10, 90, 50, 15),
        (2.0, 4.62947, -0.7747, 3.50285, 10, 90, 50, 15),
        (5.0, 7.61271, -0.8759, 5.41954, 10, 90, 50, 15),
        (10.0, 10.94844, -0.9244, 7.58134, 20, 120, 40, 25),
        (20.0, 15.63973, -0.9552, 10.65160, 40, 200, 60, 45),
    ],
)
def test_band_source(peclet, largest, at, mean, half, n_steps, depth, run_up):
    """A9: theta = pi k V T / (2 q a), half-length l = 1, V = 2 L a / l; its largest, where that is, and its mean.

    Args:
        half: cells to the half-length. depth: cells below the surface. run_up: cells ahead of the first and the last.
    """
    d = 1 / half
    low = d / 2 if peclet > 15 else d  # thinner cells below a fast source
    n = n_steps + 2 * run_up + half
    field = travel(
        (n, 1, depth),
        (d, 1, low),
        Solid("half-space", 1.0, 1.0),
        TIED,
        lambda r: (abs(r[:, 0]) <= half) * (r[:, 2] == 0) * (1 - 0.5 * (abs(r[:, 0]) == half)) / (2 * half),
        run_up,
        n_steps,
        2.0,  # flux 1 over a length of 2
        2 * peclet,
        implicit,
    )
    theta = np.pi * 2 * peclet * (field[:, 0, 0] + low / 2) / 2  # at the surface, under the flux of 1
    place = (np.arange(n) - (run_up + n_steps - 0.5)) * d
    assert theta.max() == pytest.approx(largest, rel=2e-3)
    assert place[theta.argmax()] == pytest.approx(at, abs=d)
    assert np.interp(np.linspace(-1, 1, 1001), place, theta).mean() == pytest.approx(mean, rel=1e-2)


@pytest.mark.parametrize(
    ("d", "n_steps", "n", "width", "behind", "beside"),
    [
        (0.1e-3, 50, 64, 28, {}, {1e-3: 65.1609}),
        (0.2e-3, 70, 90, 24, {2e-3: 183.6403, 5e-3: 73.4561}, {}),
        (0.4e-3, 70, 90, 22, {10e-3: 36.7281}, {}),
    ],
    ids=["beside", "near", "far"],
)
def test_point_source_on_a_half_space(d, n_steps, n, width, behind, beside):  # A10: 300 W at 10 m/min
    first = 6
    # half of the body beside the path, so half of the power
    field = travel((n, width, width), (d, d, d), AL7075, TIED, corner, first, n_steps, 150.0, 10 / 60, explicit)
    surface = at_symmetry(field[:, :, 0], field[:, :, 1])
    path = at_symmetry(surface[:, 0], surface[:, 1])
    # the last step left the source half a cell behind the end of its cell
    source = first + n_steps - 0.5
    for distance, expected in behind.items():
        assert np.interp(source - distance / d, np.arange(n), path) == pytest.approx(expected, rel=0.01)
    abeam = np.array([np.interp(source, np.arange(n), row) for row in surface.T])
    for distance, expected in beside.items():  # it falls by a factor of 11 a millimetre
        log = np.interp(distance, (np.arange(width) + 0.5) * d, np.log(abeam))
        assert np.exp(log) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize(
    ("d", "n_steps", "width", "behind"),
    [(0.5e-3, 170, 60, {5e-3: 29.6844, 20e-3: 15.7676}), (1e-3, 170, 50, {20e-3: 15.7676, 50e-3: 9.9774})],
    ids=["near", "far"],
)
def test_line_source_in_a_thin_plate(d, n_steps, width, behind):  # A11: 30 W at 1 m/min in 1.5 mm, cooled on both faces
    thick, first, n = 1.5e-3, 6, n_steps + 30
    faces = [FreeSurface(0, 20.0, normal=(2, side)) for side in (-1, 1)]
    field = travel((n, width, 1), (d, d, thick), AL7075, faces, corner, first, n_steps, 15.0, 1 / 60, implicit)
    path = at_symmetry(field[:, 0, 0], field[:, 1, 0])
    source = first + n_steps - 0.5
    for distance, expected in behind.items():
        assert np.interp(source - distance / d, np.arange(n), path) == pytest.approx(expected, rel=0.01)
    beside = np.array([np.interp(source, np.arange(n), row) for row in field[:, :, 0].T])
    across = (np.arange(width) + 0.5) * d
    for distance, expected in ({5e-3: 12.5033} if d < 1e-3 else {20e-3: 0.4963}).items():
        assert np.exp(np.interp(distance, across, np.log(beside))) == pytest.approx(expected, rel=0.01)
