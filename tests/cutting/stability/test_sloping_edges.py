"""Edges that slope (lead angle, chamfer, round tips): directional matrices, and what is said of what is left out."""

import jax.numpy as jnp
import numpy as np
import pytest
from cutting_cases import ALUMINIUM, make_tool
from discretised_cases import EVERY_KIND, MM, history
from milling_cases import modes

from twin.cutting.stability import Milling, edge_direction, milling_of_tool, unmodelled, zero_order_lobes
from twin.cutting.stability.directional import force_matrices, harmonics
from twin.errors import InputError

CHAMFER = make_tool(
    kind="chamfer", n_teeth=1, helix=1e-9, point_angle=np.radians(90), tip_diameter=12 * MM, flute_length=4 * MM
)


def test_matrix_is_how_the_force_grows_with_the_chip():
    """One tooth of 45 degrees, fed 1 um further: the change of its force at every instant is -H x, all three axes."""
    depth, rotation, step = 2 * MM, np.array([0.4, 1.2, 2.5]), 1e-6
    force = [
        np.asarray(history(CHAMFER, depth, (0.0, np.pi), [feed, 0.0], ALUMINIUM, rotation))[:, :3]
        for feed in (1e-4, 1e-4 + step)
    ]
    kappa = edge_direction(CHAMFER, depth)
    assert np.degrees(kappa) == pytest.approx(45)
    k = ALUMINIUM
    matrix = np.einsum("hp,hij->pij", harmonics(rotation), force_matrices(k.ktc, k.krc, k.kac, kappa))
    assert (force[1] - force[0]) / (depth * step) == pytest.approx(-matrix[:, :, 0], rel=1e-6)


def test_modes_across_the_axis_see_a_mixed_radial_coefficient():
    """H in the plane is that of a cylinder with krc sin kappa + kac cos kappa."""
    m = modes([603, 666], [0.039, 0.035], [5.59e6, 5.715e6], "xy")
    cut = dict(modes=m, n_teeth=3, ktc=600e6, entry=0.3, exit=2.0)
    omega = 2 * np.pi * np.arange(400.0, 900.0, 1.0)
    kappa = np.radians(45)
    sloping = zero_order_lobes(Milling(**cut, krc=200e6, kac=150e6, kappa=kappa), omega)
    mixed = zero_order_lobes(Milling(**cut, krc=(200e6 + 150e6) * np.sqrt(0.5)), omega)
    assert sloping.absolute == pytest.approx(mixed.absolute, rel=1e-12)
    flat = zero_order_lobes(Milling(**cut, krc=200e6, kac=150e6), omega)
    assert abs(sloping.absolute[0] / flat.absolute[0] - 1) > 0.02  # it matters


def test_directions_of_tools():
    angle = {name: np.degrees(edge_direction(tool, 3 * MM)) for name, tool in EVERY_KIND.items()}
    assert angle["flat"] == pytest.approx(90) and angle["taper"] < 90
    assert np.degrees(edge_direction(EVERY_KIND["ball"], EVERY_KIND["ball"].radius)) == pytest.approx(45)
    milling = milling_of_tool(make_tool(helix=-0.5), ALUMINIUM, None, 1e-3)
    assert milling.kac == -ALUMINIUM.kac and milling.krc == ALUMINIUM.krc
    with pytest.raises(InputError, match="120 degrees from the tool axis"):
        m = modes([900], [0.03], [1e7], "x")
        bad = Milling(modes=m, n_teeth=2, ktc=1.0, krc=1.0, kappa=np.radians(120))
        zero_order_lobes(bad, jnp.asarray([1.0, 2.0]))


def test_what_is_left_out_is_said():
    said = {name: " ".join(unmodelled(tool)) for name, tool in EVERY_KIND.items()}
    assert said["flat"] == "" and said["drill"] == ""
    assert "unlike helix" in said["uneven"] and "serrated edge as smooth" in said["serrated"]
    assert "round edge" in said["ball"] and "sloping edge" in said["face"]
