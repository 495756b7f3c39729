"""Edges of every kind: shapes by definition, order of teeth, true chip thickness, gradients, impossible tools."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cutting_cases import ALUMINIUM, make_engagement, make_path, make_tool
from discretised_cases import EVERY_KIND, MM, history, turn
from gradients import check_gradients

from twin.cutting import CuttingCoefficients, contact, cutters
from twin.cutting.discretised import chip_area, discretise, force_history
from twin.cutting.edge import edge_elements
from twin.cutting.instant import instant_force
from twin.errors import InputError

PER_TURN = 0.2 * MM


def test_every_kind_has_the_angle_of_its_surface():
    """kappa: 0 under a flat bottom, 90 degrees on a cylinder, upright to a cone, by the sphere's slope."""
    kappa = {name: np.degrees(discretise(tool, 3 * MM, 300).kappa[0]) for name, tool in EVERY_KIND.items()}
    assert kappa["flat"][[0, -1]] == pytest.approx([90, 0])
    assert kappa["chamfer"][0] == pytest.approx(45)
    assert kappa["face"][-2] == pytest.approx(45, abs=1e-6)  # above the insert's corner
    assert kappa["taper"][-2] == pytest.approx(80, abs=1e-6)
    assert kappa["drill"][-2] == pytest.approx(31, abs=1e-6)
    assert kappa["ball"][100] == pytest.approx(np.degrees(np.arccos(1 - 1.005 / 6)), abs=0.01)


def test_face_mill_diameters_are_the_catalogue_s():
    """The straight edge, prolonged, meets the floor at DC; the insert's corner is tangent to it and to the floor."""
    tool = EVERY_KIND["face"]
    edge = discretise(tool, 6 * MM, 6000)
    straight = slice(3000, 5900)
    slope, foot = np.polyfit(edge.z[0, straight], edge.radius[0, straight], 1)
    assert [slope, foot] == pytest.approx([1.0, 25 * MM], rel=1e-9)
    assert float(edge.rise[0, -1]) == pytest.approx(25 * MM - 0.8 * MM * np.tan(np.radians(22.5)), rel=1e-12)


def test_unlike_helix_spreads_the_teeth_with_height():
    edge = discretise(EVERY_KIND["uneven"], 10 * MM, 10)
    gap = np.diff(np.degrees(edge.trail[:, -2]))
    rate = np.degrees((np.tan(np.radians(38)) - np.tan(np.radians(35))) / (10 * MM)) * 9.5 * MM
    assert gap == pytest.approx([80 + rate, 100 - rate, 85 + rate], rel=1e-9)


def test_serrated_teeth_are_ground_one_after_the_other():
    tool = EVERY_KIND["serrated"]
    edge = discretise(tool, 4 * MM, 80)
    assert float(edge.radius.max()) == pytest.approx(tool.radius, rel=1e-3)
    assert np.ptp(edge.radius[:, :-1]) == pytest.approx(0.6 * MM, rel=0.02)
    # a quarter of a wavelength up, tooth 1 is what tooth 0 is below
    assert edge.radius[1, 10:50] == pytest.approx(np.asarray(edge.radius[0, :40]), rel=1e-12)


def surface_memory(tool, depth, n_elements, n_grid, per_turn):
    """Chip thickness of every tooth (tooth, element, angle) from the surface that the teeth leave, four turns on.

    Every element's ring of workpiece remembers how far out it was cut; teeth stand on the grid of angles.
    """
    edge = discretise(tool, depth, n_elements)
    trail = np.asarray(edge.trail)[:, :-1]
    lean = tool.runout_tilt * np.cos(tool.runout_tilt_angle - trail) * np.asarray(edge.z)[:, :-1]
    reach = np.asarray(edge.radius)[:, :-1] + tool.runout * np.cos(tool.runout_angle - trail) + lean
    step = np.rint(trail * n_grid / (2 * np.pi)).astype(int)
    surface = np.full((n_elements, n_grid), -1.0)
    rows = np.arange(n_elements)
    chip = np.zeros((*trail.shape, n_grid))
    for time in range(5 * n_grid):
        for tooth in range(tool.n_teeth):
            at = (time - step[tooth]) % n_grid
            sine = np.sin(2 * np.pi / n_grid * at)
            out = reach[tooth] + per_turn * time / n_grid * sine
            chip[tooth, rows, at] = out - surface[rows, at]
            surface[rows, at] = np.maximum(surface[rows, at], out)
    return chip


@pytest.mark.parametrize("case", ["serrated", "tilted", "unlike helix", "all"])
def test_chip_thickness_is_what_the_teeth_before_left(case):
    """Against a simulation that remembers the surface, on a half turn of a slot."""
    n_grid, n_elements, depth = 720, 12, 1.5 * MM
    serration = dict(serration_wavelength=1.5 * MM, serration_amplitude=0.15 * MM)
    tilt = dict(runout=12e-6, runout_angle=0.7, runout_tilt=4e-3, runout_tilt_angle=2.0)
    # each element of a tooth trails the one below by whole grid angles
    lead = 2 * np.pi / n_grid * 10 * MM / (depth / n_elements)
    unlike = dict(flute_length=2 * MM, tooth_helix=tuple(np.arctan(lead * np.array([2, 4, 2, 4]))))
    changes = {"serrated": serration, "tilted": tilt, "unlike helix": unlike, "all": serration | tilt | unlike}[case]
    tool = make_tool(**({"helix": 0.0} | changes))
    edge = discretise(tool, depth, n_elements)
    angles = 2 * np.pi * (np.arange(8, n_grid // 2, 16)) / n_grid
    simulated = surface_memory(tool, depth, n_elements, n_grid, PER_TURN)
    flat = (
        replace(edge, rise=edge.rise.at[:, :-1].set(0.0)) if case == "all" else edge
    )  # the memory knows no tilt of slopes
    areas = jax.vmap(
        lambda phi: chip_area(flat, jnp.asarray([PER_TURN, 0.0]), jnp.full(edge.radius.shape, jnp.sin(phi)))
    )
    found = np.asarray(areas(jnp.asarray(angles)))[..., :-1] * n_elements / depth
    expected = np.moveaxis(simulated, 2, 0)[np.arange(8, n_grid // 2, 16)]
    cut = expected > 0
    assert np.array_equal(cut, found > 0)
    assert found[cut] == pytest.approx(expected[cut], abs=1e-10)
    if "serration_wavelength" in changes:  # some cut thrice the feed per tooth, others nothing
        assert found.max() > 2.5 * PER_TURN / 4 * 0.99 and not cut.all()


def error_against_path_loads(tool, n):
    """Largest difference (4,) to the force that path segments get, over its size; both with ``n`` slices."""
    arc, direction, feed = (0.3, 1.7), np.array([1.0, 0.0, -0.3]), 0.2 * MM
    mills = cutters([tool])
    touch = contact(make_engagement(4 * MM, [arc], 1, n), make_path(direction), mills)
    rotation = turn(31)
    elements = edge_elements(jax.tree.map(jnp.asarray, touch), jnp.ones(1, bool), jax.tree.map(jnp.asarray, mills))
    fast = instant_force(elements, jnp.asarray([feed]), ALUMINIUM, jnp.asarray(rotation)[:, None])[..., 0].T
    across, down = feed * direction[[0, 2]] / np.linalg.norm(direction) * [1, -1]
    slow = history(tool, 4 * MM, arc, [across, down], ALUMINIUM, rotation, n)
    return np.abs(slow - fast).max(axis=0) / np.abs(fast).max(axis=0)


OTHERS = ("uneven", "chamfer", "bull", "taper", "face")


@pytest.mark.parametrize("kind", ["flat", "ball", *(pytest.param(kind, marks=pytest.mark.long) for kind in OTHERS)])
def test_loads_of_path_segments_converge_to_the_same_force(kind):
    """At order 3/2, of the square root in which a round tip begins; straight profiles are the same at once."""
    leaning = replace(EVERY_KIND[kind], runout=9e-6, runout_angle=0.4, runout_tilt=5e-4, runout_tilt_angle=2.0)
    fine = error_against_path_loads(leaning, 64)
    if kind in ("flat", "uneven", "chamfer"):
        assert fine.max() < 1e-5
    else:
        coarse = error_against_path_loads(leaning, 16)
        order = np.log2(coarse / fine) / 2
        assert order == pytest.approx(1.5, abs=0.2) and fine.max() < 3e-3


@pytest.mark.long
def test_gradients():
    """Force of a serrated, leaning tool in coefficients, feed, depth and runout, where no edge enters or leaves."""
    tool = make_tool(
        serration_wavelength=2 * MM, serration_amplitude=0.1 * MM, runout=8e-6, runout_tilt=1e-3, runout_angle=0.3
    )
    rotation, n = turn(3) + 0.1, 24
    arcs = jnp.broadcast_to(jnp.asarray([[[0.0, np.pi]]]), (n + 1, 1, 2))

    def force(point):
        edge = replace(discretise(tool, point["depth"], n), **point["runout"])
        law = jax.tree.map(lambda k, factor: k * factor, ALUMINIUM, CuttingCoefficients(*point["factor"]))
        return force_history(edge, point["feed"], arcs, law, jnp.asarray(rotation))

    point = {
        "depth": 1.9 * MM,
        "feed": np.array([0.2, 0.02]) * MM,
        "factor": np.ones(7),
        "runout": {"runout": 8e-6, "runout_angle": 0.3, "tilt": 1e-3, "tilt_angle": 0.5},
    }
    check_gradients(jax.jit(force), point, step=1e-6, rtol=2e-5)


@pytest.mark.parametrize(
    ("kind", "depth", "n", "says"),
    [
        ("flat", 1 * MM, 0, "0 edge elements"),
        ("flat", 0.0, 8, "an edge of 0 mm height, its flutes have 50 mm"),
        ("flat", 51 * MM, 8, "an edge of 51 mm height, its flutes have 50 mm"),
        ("serrated", 10 * MM, 32, r"32 elements do not resolve its serration \(use 60 elements or more\)"),
    ],
)
def test_what_cannot_be_discretised_is_said(kind, depth, n, says):
    with pytest.raises(InputError, match=says):
        discretise(EVERY_KIND[kind], depth, n)
