"""Forces on discretised edges against closed forms: Schmitz and Smith ch. 4, the ball end mill, energy."""

import jax.numpy as jnp
import numpy as np
import pytest
from cutting_cases import ALUMINIUM, make_tool
from discretised_cases import EVERY_KIND, MM, history, turn

from twin.cutting import CuttingCoefficients
from twin.cutting.discretised import discretise

STRAIGHT = make_tool(diameter=19 * MM, helix=0.0)
EXAMPLE_4_2 = CuttingCoefficients(ktc=750e6, krc=250e6, kac=0.0, kte=0.0, kre=0.0, kae=0.0)
CHIP_ONLY = CuttingCoefficients(ktc=750e6, krc=0.0, kac=0.0, kte=0.0, kre=0.0, kae=0.0)
JUST = 2e-7  # [rad] inside the end of an arc


@pytest.mark.parametrize(
    ("arc", "where", "printed"),
    [((0, np.pi / 3), np.pi / 3 - JUST, 342.3266), ((2 * np.pi / 3, np.pi), 2 * np.pi / 3 + JUST, 342.3266)],
)
def test_example_4_2_resultant(arc, where, printed):
    force = history(STRAIGHT, 5 * MM, arc, [0.4 * MM, 0], EXAMPLE_4_2, [where])
    assert np.linalg.norm(force[0, :3]) == pytest.approx(printed, rel=1e-6)


def test_example_4_2_components():
    """Their x is against our ahead, their y is our left."""
    rotation = np.append(np.linspace(0, np.pi / 3, 8001)[:-1], np.pi / 3 - JUST)
    up = np.asarray(history(STRAIGHT, 5 * MM, (0, np.pi / 3), [0.4 * MM, 0], EXAMPLE_4_2, rotation, 4))
    assert -up[:, 0].min() == pytest.approx(260.1424, rel=1e-6)
    assert [up[:, 1].min(), up[:, 1].max()] == pytest.approx([-10.1424, 227.1234], rel=6e-6)
    rotation = np.append(2 * np.pi / 3 + JUST, np.linspace(2 * np.pi / 3, np.pi, 8001)[1:])
    down = np.asarray(history(STRAIGHT, 5 * MM, (2 * np.pi / 3, np.pi), [0.4 * MM, 0], EXAMPLE_4_2, rotation, 4))
    assert [-down[:, 0].max(), down[:, 1].max()] == pytest.approx([-135.1424, 335.3766], rel=1e-6)


@pytest.mark.parametrize("per_tooth", [0.05, 0.1, 0.15, 0.2, 0.25])
def test_example_4_16_means(per_tooth):
    """Means of a slot in closed form; with them the printed ones to four digits."""
    law = CuttingCoefficients(ktc=710e6, krc=190e6, kac=95e6, kte=4e3, kre=5e3, kae=2e3)
    tool, depth, ft = make_tool(n_teeth=2), 5 * MM, per_tooth * MM
    force = np.mean(np.asarray(history(tool, depth, (0, np.pi), [2 * ft, 0], law, turn(2880), 128)), axis=0)
    expected = (
        2
        * depth
        * np.array(
            [
                -(law.krc * ft / 4 + law.kre / np.pi),
                law.ktc * ft / 4 + law.kte / np.pi,
                -(law.kac * ft / np.pi + law.kae / 2),
            ]
        )
    )
    assert force[:3] == pytest.approx(expected, rel=1e-6)
    printed = {0.05: (39.6655, 101.4824, -25.1197), 0.25: (134.6655, 456.4824, -85.5986)}
    if per_tooth in printed:
        assert force[:3] * [-1, 1, 1] == pytest.approx(printed[per_tooth], abs=1e-4)


def test_ball_and_square_end_mill():
    """Example 4.15's cutters: straight edges, one tooth in cut; the sphere integrated by hand over kappa."""
    ktc, beta = 600e6 * np.sin(np.pi / 3), np.pi / 3
    krc = 600e6 * np.cos(beta)
    law = CuttingCoefficients(ktc=ktc, krc=krc, kac=krc, kte=3e3, kre=2e3, kae=1e3)
    radius, depth, ft, phi = 10 * MM, 5 * MM, 0.1 * MM, 0.6
    ball = make_tool(kind="ball", n_teeth=1, helix=1e-12)
    force = history(ball, depth, (0, np.arccos(0.4)), [ft, 0], law, [phi], 20000)[0]
    top = np.arccos(1 - depth / radius)
    # dz = radius sin(kappa) d kappa; the chip is ft sin(phi) sin(kappa)
    sines = radius * (top / 2 - np.sin(2 * top) / 4)  # integral of sin^2
    cross = radius * np.sin(top) ** 2 / 2  # of sin cos
    edge_sine, edge_cosine = depth, radius * np.sin(top)
    chip = ft * np.sin(phi)
    tangential = ktc * chip * depth + law.kte * radius * top
    inward = krc * chip * (sines + cross) + law.kre * edge_sine + law.kae * edge_cosine
    up = krc * chip * (cross - sines) + law.kre * edge_cosine - law.kae * edge_sine
    expected = [
        -tangential * np.cos(phi) - inward * np.sin(phi),
        tangential * np.sin(phi) - inward * np.cos(phi),
        up,
        ktc * chip * radius * sines + law.kte * radius**2 * (1 - np.cos(top)),
    ]
    assert force == pytest.approx(expected, rel=2e-6)
    square = make_tool(n_teeth=1, helix=0.0)
    force = history(square, depth, (0, np.arccos(0.4)), [ft, 0], law, [phi], 4)[0]
    tangential, inward = depth * (ktc * chip + 3e3), depth * (krc * chip + 2e3)
    expected = [-tangential * np.cos(phi) - inward * np.sin(phi), tangential * np.sin(phi) - inward * np.cos(phi)]
    assert force[:2] == pytest.approx(expected, rel=1e-12)


def polyline(tool, depth, n):
    """Of the discretised profile: integral of radius over height, area of its top circle."""
    edge = discretise(tool, depth, n)
    return float(jnp.sum(edge.radius[0] * edge.thickness[0])), np.pi * float(jnp.sum(edge.rise[0])) ** 2


@pytest.mark.parametrize("kind", [kind for kind in EVERY_KIND if kind not in ("serrated", "drill")])
def test_work_of_a_ramp_is_the_volume_removed(kind):
    """All round, so steep that every element cuts: sums of sines over the revolution vanish, the balance is exact."""
    tool, depth, across, down = EVERY_KIND[kind], 3 * MM, 1e-6, 0.4 * MM
    if kind in ("flat", "bull", "uneven"):
        across = 0.0  # a vertical wall cuts on one side only
    torque = np.mean(history(tool, depth, (0, 2 * np.pi), [across, down], CHIP_ONLY, turn(60), 48)[:, 3])
    _, disk = polyline(tool, depth, 48)
    assert 2 * np.pi * torque == pytest.approx(CHIP_ONLY.ktc * disk * down, rel=1e-12)


@pytest.mark.parametrize("kind", [kind for kind in EVERY_KIND if kind != "drill"])
def test_work_of_side_milling(kind):
    """ktc times the volume, kte times the way of the edge."""
    tool, depth, feed = EVERY_KIND[kind], 3 * MM, 0.3 * MM
    arc = 2 * np.pi / 1440 * np.array([91.5, 435.5])  # ends between two samples
    force = history(tool, depth, arc, [feed, 0], ALUMINIUM, turn(1440), 48)
    edge = discretise(tool, depth, 48)
    volume = feed * polyline(tool, depth, 48)[0] * (np.cos(arc[0]) - np.cos(arc[1]))
    way = float(jnp.sum((edge.radius * edge.width)[:, :-1])) * (arc[1] - arc[0])
    work = 2 * np.pi * np.mean(force[:, 3])
    if kind == "serrated":  # every height is cut by the crests: more lever than the mean, less than the envelope's
        chip = 2 * np.pi * np.mean(history(tool, depth, arc, [feed, 0], CHIP_ONLY, turn(1440), 48)[:, 3])
        envelope = feed * tool.radius * depth * (np.cos(arc[0]) - np.cos(arc[1]))
        assert CHIP_ONLY.ktc * volume < chip < CHIP_ONLY.ktc * envelope
        assert work < chip + ALUMINIUM.kte * way
    else:
        assert work == pytest.approx(ALUMINIUM.ktc * volume + ALUMINIUM.kte * way, rel=1e-5)  # of sampling


def test_drill_in_closed_form():
    """Lips from the chisel edge to the margin: torque of the ring, thrust of the lips."""
    tool = EVERY_KIND["drill"]
    web, outer, half, feed = tool.web_ratio * tool.radius, tool.radius, tool.point_angle / 2, 0.2 * MM
    force = history(tool, tool.tip_height, (0, 2 * np.pi), [0, feed], ALUMINIUM, turn(4), 4000)
    lip = (outer - web) / np.sin(half)
    torque = ALUMINIUM.ktc * feed * (outer**2 - web**2) / 2 + 2 * ALUMINIUM.kte * lip * (outer + web) / 2
    thrust = (ALUMINIUM.krc * feed * np.sin(half) + 2 * ALUMINIUM.kre) * lip * np.sin(half)
    assert np.mean(force[:, 3]) == pytest.approx(torque, rel=1e-3)
    assert np.mean(force[:, 2]) == pytest.approx(thrust, rel=1e-3)
