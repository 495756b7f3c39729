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


@pytest.mark.parametrize(("peclet", "largest"), [(1.0, 3.11599), (2.0, 4.62947), (5.0, 7.61271)])
def test_band_source(peclet, largest):  # A9: theta = pi k V T / (2 q a), half-length l = 1, V = 2 L a / l
    d, half, n_steps = 0.1, 10, 90
    field = travel(
        (140, 1, 50),
        (d, 1, d),
        Solid("half-space", 1.0, 1.0),
        TIED,
        lambda r: (abs(r[:, 0]) <= half) * (r[:, 2] == 0) * (1 - 0.5 * (abs(r[:, 0]) == half)) / (2 * half),
        15,
        n_steps,
        2.0,  # flux 1 over a length of 2
        2 * peclet,
        implicit,
    )
    surface = field[:, 0, 0] + d / 2  # under the source, where the flux is 1
    assert np.pi * 2 * peclet * surface.max() / 2 == pytest.approx(largest, rel=0.02)


def test_point_source_on_a_half_space():  # A10: 300 W at 10 m/min
    d, n_steps, first = 0.2e-3, 55, 6
    # half of the body beside the path, so half of the power
    field = travel((74, 24, 24), (d, d, d), AL7075, TIED, corner, first, n_steps, 150.0, 10 / 60, explicit)
    beside = at_symmetry(field[:, :, 0], field[:, :, 1])  # on the surface
    path = at_symmetry(beside[:, 0], beside[:, 1])
    # the last step left the source half a cell behind the end of its cell
    source = first + n_steps - 0.5
    assert np.interp(source - 10, np.arange(74), path) == pytest.approx(183.6403, rel=0.03)
    assert np.interp(source - 25, np.arange(74), path) == pytest.approx(73.4561, rel=0.03)


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
    if d < 1e-3:
        assert np.interp(5e-3, across, beside) == pytest.approx(12.5033, rel=0.02)
