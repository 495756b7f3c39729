"""Surface location error: published closed form, Fourier series, static limit, gradients."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cutting_cases import ALUMINIUM, feed_for, make_contact, make_tool
from gradients import check_gradients

from twin.cutting import CuttingCoefficients
from twin.cutting.dynamics.modes import Modes
from twin.cutting.form import surface_error, wall_displacement
from twin.errors import InputError
from twin.units import RPM, UM

SLOT, HALF_DOWN = [(0.0, np.pi)], [(np.pi / 2, np.pi)]
# Insperger and Stepan's tool, vibrating across the feed; um at the surface, 0.5 mm deep, 0.1 mm a tooth.
BENCHMARK = Modes(
    omega=jnp.array([922 * 2 * np.pi]),
    damping=jnp.array([0.011]),
    stiffness=jnp.array([1_340_049.648]),
    direction=jnp.array([[0.0, 1.0, 0.0]]),
)
SPEEDS = (5000, 10000, 13830, 20000, 27660)
TABLE = {
    (0.05, "down"): (-2.073864, 4.428481, 36.706441, 1.901751, 23.362051),
    (0.05, "up"): (-0.761698, 0.306040, -0.077778, -0.022164, -0.457630),
    (0.1, "down"): (-4.102566, 9.811608, 79.374036, 4.496194, 70.827517),
    (0.1, "up"): (-1.040692, 1.918175, -11.241211, 0.688257, -14.205710),
    (0.5, "down"): (0.078685, 0.372024, -216.333446, -3.671850, 415.753352),
    (0.5, "up"): (-0.440756, -2.014736, 212.678401, -8.306162, -234.959508),
}
TWO_MODES = Modes(
    omega=jnp.array([2 * np.pi * 600, 2 * np.pi * 950]),
    damping=jnp.array([0.05, 0.03]),
    stiffness=jnp.array([8e6, 1.2e7]),
    direction=jnp.array([[1.0, 0.0, 0.0], [0.0, 0.8, 0.6]]),
)


def window(immersion, side):
    """Engaged arc of a radial immersion a/D."""
    angle = np.arccos(1 - 2 * immersion)
    return [(0.0, angle)] if side == "up" else [(np.pi - angle, np.pi)]


@pytest.mark.parametrize(("immersion", "side"), TABLE)
def test_published_surface_location_errors(immersion, side):
    tool = make_tool(n_teeth=2, helix=0.0)
    steel = CuttingCoefficients(ktc=6e8, krc=2e8, kac=0.0, kte=0.0, kre=0.0, kae=0.0)
    spindle = np.array(SPEEDS) * RPM
    touch, mills = make_contact(tool, 0.5e-3, window(immersion, side), np.tile([1.0, 0, 0], (5, 1)))
    feed = feed_for(tool, 0.1e-3, 1.0) * spindle
    out = surface_error(touch, feed, spindle, mills, steel, BENCHMARK)
    wall = int(side == "down")
    assert np.array_equal(out.shaped, np.tile([side == "up", side == "down"], (5, 1)))
    assert out.displacement[:, wall, 0, 1] / UM == pytest.approx(np.array(TABLE[immersion, side]), abs=6e-7)
    assert out.deviation[:, wall, 0] == pytest.approx(out.displacement[:, wall, 0, 1] * (1 if wall else -1))
    assert np.all(out.deviation[:, 1 - wall] == 0)


def receptance(modes, omega):
    """Displacement per force (frequency, 3, 3) [m/N]."""
    mass, direction = np.asarray(modes.stiffness / modes.omega**2), np.asarray(modes.direction)
    wn, zeta = np.asarray(modes.omega), np.asarray(modes.damping)
    amplitude = 1 / (mass * (wn**2 - omega[:, None] ** 2 + 2j * zeta * wn * omega[:, None]))
    return np.einsum("fm,mi,mj->fij", amplitude, direction, direction)


def fourier(tool, depth, arcs, per_tooth, spindle, modes, wall, height):
    """Steady displacement at a wall from the Fourier series of the force of every tooth and of 200 heights."""
    k, n, n_angles = ALUMINIUM, 200, 1 << 13
    z = depth * (np.arange(n) + 0.5) / n
    lag = np.tan(tool.helix) / tool.radius
    phi = 2 * np.pi * np.arange(n_angles)[:, None] / n_angles - lag * z[None]
    force = np.zeros((n_angles, 3))
    for tooth in range(tool.n_teeth):
        at = (phi - 2 * np.pi * tooth / tool.n_teeth) % (2 * np.pi)
        inside = sum((at >= start) & (at <= end) for start, end in arcs) * depth / n
        chip, sine, cosine = per_tooth * np.sin(at), np.sin(at), np.cos(at)
        ft, fr, fa = ((c * chip + e) * inside for c, e in ((k.ktc, k.kte), (k.krc, k.kre), (k.kac, k.kae)))
        force += np.stack([(-ft * cosine - fr * sine).sum(1), (ft * sine - fr * cosine).sum(1), -fa.sum(1)], axis=1)
    harmonic = np.fft.rfftfreq(n_angles, 1 / n_angles)
    series = np.einsum("fij,fj->fi", receptance(modes, harmonic * spindle), np.fft.rfft(force, axis=0))
    series[1:] *= 2
    angle = wall + lag * height * depth  # at which tooth 0 shapes the wall at this height
    return np.real(np.exp(1j * harmonic * angle) @ series) / n_angles


def test_helix_two_modes_and_edge_forces_against_fourier_series():
    tool, depth, spindle, arcs = make_tool(n_teeth=3), 4e-3, 800.0, window(0.3, "down")
    touch, mills = make_contact(tool, depth, arcs)
    height = np.array([0.25, 1.0])
    out = surface_error(touch, [feed_for(tool, 0.1e-3, spindle)], [spindle], mills, ALUMINIUM, TWO_MODES, height=height)
    for row, at in enumerate(height):
        expected = fourier(tool, depth, arcs, 0.1e-3, spindle, TWO_MODES, np.pi, at)
        assert out.displacement[0, 1, row] == pytest.approx(expected, rel=2e-3, abs=2e-8)


def test_slow_turning_is_static_deflection():
    """Far below resonance the tool stands where the force of the instant puts it: one straight tooth, edge forces."""
    tool = make_tool(n_teeth=1, helix=0.0)
    touch, mills = make_contact(tool, 1e-3, [(0.0, 4.0)])
    edge = replace(ALUMINIUM, ktc=0.0, krc=0.0, kac=0.0, kae=0.0)
    out = surface_error(touch, [1e-6], [1.0], mills, edge, TWO_MODES)
    force = np.array([edge.kte, edge.kre, 0.0]) * 1e-3  # at the right normal
    static = np.real(receptance(TWO_MODES, np.zeros(1))[0]) @ force
    assert out.displacement[0, 1, 0] == pytest.approx(static, rel=1e-3)


def test_error_that_the_walls_of_a_segment_inherit():
    """One wall: its displacement, so that error times the wall's normal is its deviation. No wall: none."""
    tool = make_tool(n_teeth=2, helix=0.0)
    for arcs, wall, normal in ((window(0.2, "up"), 0, [0, -1, 0]), (window(0.2, "down"), 1, [0, 1, 0])):
        touch, mills = make_contact(tool, 1e-3, arcs)
        out = surface_error(touch, [feed_for(tool, 1e-4, 900.0)], [900.0], mills, ALUMINIUM, TWO_MODES)
        assert wall_displacement(out) @ np.array(normal, float) == pytest.approx(out.deviation[:, wall, 0])
    touch, mills = make_contact(tool, 1e-3, [(1.0, 2.0)])
    out = surface_error(touch, [0.01], [900.0], mills, ALUMINIUM, TWO_MODES)
    assert not np.any(wall_displacement(out)) and not np.any(out.shaped)


def test_counter_clockwise_spindle_mirrors_the_cut():
    tool, spindle = make_tool(n_teeth=3, helix=0.0), 900.0
    feed = [feed_for(tool, 0.1e-3, spindle)]
    up = ALUMINIUM
    right, mills = make_contact(tool, 2e-3, window(0.2, "down"))
    mirrored, _ = make_contact(tool, 2e-3, [(np.pi - b, np.pi - a) for a, b in window(0.2, "down")])
    one = surface_error(right, feed, [spindle], mills, up, TWO_MODES)
    flip = replace(TWO_MODES, direction=TWO_MODES.direction * jnp.array([1.0, -1.0, 1.0])[None])
    other = surface_error(mirrored, feed, [-spindle], mills, up, flip)
    assert other.deviation[:, ::-1] == pytest.approx(np.asarray(one.deviation), rel=1e-12)


@pytest.mark.long
def test_gradients():
    tool = make_tool(n_teeth=3)
    touch, mills = make_contact(tool, 3e-3, window(0.3, "down"), np.tile([1.0, 0, 0], (2, 1)))

    @jax.jit
    def deviation(point):
        feed, spindle, modes, coefficients = point
        return surface_error(touch, feed, spindle, mills, coefficients, modes).deviation * 1e6

    feed = feed_for(tool, 0.1e-3, 1.0) * np.array([800.0, 950.0])
    coefficients = replace(ALUMINIUM, chisel=1.0)
    check_gradients(deviation, (feed, np.array([800.0, 950.0]), TWO_MODES, coefficients), step=1e-5, rtol=1e-6)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"damping": jnp.array([0.0])}, "damping"),
        ({"stiffness": jnp.array([-1.0])}, "stiffness"),
        ({"damping": jnp.array([1.2])}, "damping ratio"),
    ],
)
def test_impossible_modes_are_refused(changes, said):
    touch, mills = make_contact(make_tool(), 1e-3, SLOT)
    with pytest.raises(InputError, match=said):
        surface_error(touch, [0.01], [500.0], mills, ALUMINIUM, replace(BENCHMARK, **changes))


def test_heights_and_feeds_out_of_range_are_refused():
    touch, mills = make_contact(make_tool(), 1e-3, SLOT)
    with pytest.raises(InputError, match="height"):
        surface_error(touch, [0.01], [500.0], mills, ALUMINIUM, BENCHMARK, height=[1.5])
    with pytest.raises(InputError, match="feed"):
        surface_error(touch, [-0.01], [500.0], mills, ALUMINIUM, BENCHMARK)


@pytest.mark.parametrize(
    "changes",
    [
        {"pitch": tuple(np.radians([80, 100, 85, 95]))},
        {"tooth_helix": tuple(np.radians([35, 38, 35, 38]))},
        {"serration_wavelength": 2e-3, "serration_amplitude": 0.2e-3},
    ],
)
def test_unlike_teeth_are_an_error(changes):
    touch, mills = make_contact(make_tool(**changes), 5e-3, [(2.5, np.pi)])
    with pytest.raises(InputError, match="T1 has teeth of unlike pitch, helix or serration"):
        surface_error(touch, [0.01], [900.0], mills, ALUMINIUM, TWO_MODES)
