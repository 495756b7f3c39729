"""Forces and forced vibration in time against closed forms: rigid limit, surface location error, helix, runout."""

import jax.numpy as jnp
import numpy as np
import pytest
from time_domain_cases import (
    BENCHMARK_COEFFICIENTS,
    BENCHMARK_TOOL,
    benchmark_modes,
    down,
    make_milling,
    make_modes,
    make_tool,
    up,
)

from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.discretised import discretise, force_history
from twin.cutting.time_domain import detect_chatter, simulate, spectrum

EXAMPLE_4_2 = CuttingCoefficients(ktc=750e6, krc=250e6, kac=0, kte=0, kre=0, kae=0)
FULL = CuttingCoefficients(ktc=710e6, krc=190e6, kac=95e6, kte=4e3, kre=5e3, kae=2e3)
RIGID = make_modes()


def last_revolution(signals) -> np.ndarray:
    return signals.force[0, -signals.steps_per_revolution :]


@pytest.mark.parametrize(
    ("arc", "peak_ahead", "peak_left", "mean"),
    [
        (up(0.25), -260.1424, 227.1234, (-113.9622, 43.4714)),
        (down(0.25), 135.1424, 335.3766, (65.0869, 103.1545)),
    ],
    ids=["up", "down"],
)
def test_example_4_2_rigid(arc, peak_ahead, peak_left, mean):
    """Schmitz and Smith, 25 % immersion; their x is against the feed. 14400 steps put the ends of the arc on steps."""
    milling = make_milling(6000, 5e-3, arc, feed_per_tooth=0.1e-3)
    force = last_revolution(simulate(make_tool(), milling, EXAMPLE_4_2, RIGID, n_revolutions=2,
                                     steps_per_revolution=14400))  # fmt: skip
    assert force[:, :2].mean(axis=0) == pytest.approx(mean, rel=2e-6)
    # the step at the end of the arc is half in the cut: the peak itself is one step away
    ahead = force[np.argmax(np.abs(force[:, 0])), 0]
    assert ahead == pytest.approx(peak_ahead, rel=2e-3)
    assert force[:, 1].max() == pytest.approx(peak_left, rel=2e-3)
    assert np.hypot(force[:, 0], force[:, 1]).max() == pytest.approx(342.3266, rel=2e-3)


@pytest.mark.parametrize("helix", [0.0, 30.0], ids=["straight", "helical"])
def test_example_4_16_mean_forces_with_edges(helix):
    """Means in a slot with 2 teeth, 5 mm deep; they do not depend on the helix, which only gives the axial force."""
    tool = make_tool(n_teeth=2, helix=np.radians(helix))
    milling = make_milling(6000, 5e-3, feed_per_tooth=0.1e-3)
    signals = simulate(tool, milling, FULL, RIGID, n_revolutions=3, steps_per_revolution=1440, n_slices=24)
    ahead, left, axial = last_revolution(signals).mean(axis=0)
    assert (-ahead, left) == pytest.approx((63.4155, 190.2324), rel=1e-5)
    assert axial == pytest.approx(-40.2394 if helix else 0.0, abs=1e-3)


SURFACE_LOCATION = {  # um of y at the instant that makes the surface, closed form; stable entries of the table
    (5000, "down", 0.05): -2.073864, (5000, "up", 0.05): -0.761698, (5000, "down", 0.1): -4.102566,
    (5000, "up", 0.1): -1.040692, (5000, "up", 0.5): -0.440756, (10000, "down", 0.05): 4.428481,
    (10000, "up", 0.05): 0.306040, (10000, "up", 0.1): 1.918175, (10000, "up", 0.5): -2.014736,
    (13830, "down", 0.05): 36.706441, (13830, "up", 0.05): -0.077778, (13830, "down", 0.1): 79.374036,
    (13830, "up", 0.1): -11.241211, (13830, "down", 0.5): -216.333446, (13830, "up", 0.5): 212.678401,
    (20000, "down", 0.05): 1.901751, (20000, "up", 0.05): -0.022164, (20000, "down", 0.1): 4.496194,
    (20000, "up", 0.1): 0.688257, (20000, "down", 0.5): -3.671850, (20000, "up", 0.5): -8.306162,
    (27660, "down", 0.05): 23.362051, (27660, "up", 0.05): -0.457630, (27660, "down", 0.1): 70.827517,
    (27660, "up", 0.1): -14.205710, (27660, "down", 0.5): 415.753352, (27660, "up", 0.5): -234.959508,
}  # fmt: skip


@pytest.mark.parametrize(("sense", "immersion"), [(s, a) for s in ("down", "up") for a in (0.05, 0.1, 0.5)])
def test_steady_state_is_the_linear_forced_response(sense, immersion):
    """In a stable cut regeneration cancels: the tool stands where the forced response of the rigid force puts it."""
    rows = {key: value for key, value in SURFACE_LOCATION.items() if key[1:] == (sense, immersion)}
    arc, steps = (down if sense == "down" else up)(immersion), 1600
    milling = make_milling([key[0] for key in rows], 0.5e-3, arc, feed_per_tooth=0.1e-3)
    signals = simulate(
        BENCHMARK_TOOL, milling, BENCHMARK_COEFFICIENTS, benchmark_modes("y"), n_revolutions=300,
        steps_per_revolution=steps, n_kept=20,
    )  # fmt: skip
    assert not detect_chatter(signals).present.any()
    instant = -steps // 2 if sense == "down" else -steps  # tooth 0 points right or left
    assert signals.displacement[:, instant, 1] * 1e6 == pytest.approx(list(rows.values()), rel=3e-4, abs=5e-3)


def test_excluded_entries_of_that_table_do_chatter():
    milling = make_milling([5000, 10000], 0.5e-3, down(0.5), feed_per_tooth=0.1e-3)
    signals = simulate(
        BENCHMARK_TOOL, milling, BENCHMARK_COEFFICIENTS, benchmark_modes("y"), n_revolutions=200,
        steps_per_revolution=800, n_kept=40,
    )  # fmt: skip
    assert detect_chatter(signals).present.all()


def test_true_surface_memory_under_runout():
    """Two teeth, one out by more than the feed: the other never cuts, the first takes the feed of both."""
    tool = make_tool(n_teeth=2, runout=0.2e-3)
    milling = make_milling(6000, 2e-3, feed_per_tooth=0.1e-3)
    signals = simulate(tool, milling, EXAMPLE_4_2, RIGID, n_revolutions=8, steps_per_revolution=720)
    force = last_revolution(signals)
    # tooth 0 is 0.2 mm farther out than the mean, tooth 1 nearer: 0.4 mm apart, more than 0.2 mm per revolution
    angle = signals.rotation[-720:] % (2 * np.pi)
    chip = np.where(angle < np.pi - 1e-9, 0.2e-3 * np.sin(angle), 0.0)
    tangential, radial = 750e6 * chip * 2e-3, 250e6 * chip * 2e-3
    whole = np.arange(720) % 360 != 0  # steps that are not cut in two by the ends of the arc
    expected = -tangential * np.cos(angle) - radial * np.sin(angle), tangential * np.sin(angle) - radial * np.cos(angle)
    assert force[whole, 0] == pytest.approx(expected[0][whole], abs=1e-6)
    assert force[whole, 1] == pytest.approx(expected[1][whole], abs=1e-6)


def test_small_runout_shares_the_feed():
    """Teeth 10 um out and in take chips of the feed plus and minus 20 um where both cut."""
    milling = make_milling(6000, 2e-3, feed_per_tooth=0.1e-3)
    even, uneven = (
        last_revolution(simulate(make_tool(n_teeth=2, runout=out), milling, EXAMPLE_4_2, RIGID, n_revolutions=6,
                                 steps_per_revolution=720))
        for out in (0.0, 10e-6)
    )  # fmt: skip
    first, second = even[:360], uneven[:360]
    angle = np.arange(360) * np.pi / 360
    # where the feed of a tooth exceeds 20 um both cut: tooth 0 takes 20 um more than the feed
    both = 0.1e-3 * np.sin(angle) > 21e-6
    more = 20e-6 * 2e-3 * (750e6 * np.sin(angle) - 250e6 * np.cos(angle))
    assert (second - first)[both, 1] == pytest.approx(more[both], abs=1e-6)


def test_variable_pitch_takes_chips_by_its_angles():
    """Pitch 160 and 200 degrees: the tooth behind the wide gap cuts 200/180 of the feed."""
    tool = make_tool(n_teeth=2, pitch=(np.radians(160), np.radians(200)))
    milling = make_milling(6000, 2e-3, feed_per_tooth=0.1e-3)
    force = last_revolution(simulate(tool, milling, EXAMPLE_4_2, RIGID, n_revolutions=3, steps_per_revolution=720))
    # tooth 0 points ahead at 90 degrees (step 180); tooth 1, 160 degrees behind, at 250 degrees (step 500)
    ahead = 0.1e-3 * 2e-3 * 750e6
    assert force[180, 1] == pytest.approx(ahead * 200 / 180, rel=1e-9)
    assert force[500, 1] == pytest.approx(ahead * 160 / 180, rel=1e-9)


@pytest.mark.long
def test_ball_end_slices_converge():
    """Axial force of a ball in a slot: 16, 32, 64 slices approach each other, the last two to a percent."""
    tool = make_tool(kind="ball", diameter=10e-3, n_teeth=2)
    milling = make_milling(6000, 3e-3, feed_per_tooth=0.1e-3)
    means = [
        simulate(tool, milling, FULL, RIGID, n_revolutions=2, steps_per_revolution=360, n_slices=n).force[0, -360:]
        .mean(axis=0) for n in (16, 32, 64)
    ]  # fmt: skip
    coarse, fine = np.abs(means[0] - means[1]), np.abs(means[1] - means[2])
    assert np.all(fine < coarse)
    assert np.all(fine < 0.01 * np.abs(means[2]))
    # chip area of the profile is feed times depth however it slopes: the tangential law needs no kappa
    assert means[2][1] > 0 and means[2][2] > 0  # a ball is pushed up and to the left


def test_spectrum_shows_a_sine_at_its_amplitude():
    time = np.arange(4000) * 1e-4
    frequency, amplitude = spectrum(5 + 3 * np.sin(2 * np.pi * 250 * time), 1e-4)
    assert frequency[np.argmax(amplitude)] == pytest.approx(250.0)
    assert amplitude.max() == pytest.approx(3.0, rel=1e-6)


TOOLS = {
    "ball": dict(kind="ball", diameter=10e-3, n_teeth=2, helix=np.radians(30)),
    "bull, runout and tilt": dict(
        kind="bull", corner_radius=2e-3, helix=np.radians(40), runout=15e-6, runout_angle=0.7, runout_tilt=1e-3
    ),
    "variable pitch": dict(pitch=tuple(np.radians((80, 100, 80, 100))), helix=np.radians(35)),
    "variable helix": dict(tooth_helix=tuple(np.radians((35, 38, 35, 38)))),
    "serrated": dict(serration_wavelength=2e-3, serration_amplitude=0.2e-3, helix=np.radians(30)),
    "chamfer": dict(kind="chamfer", tip_diameter=4e-3, point_angle=np.radians(90), n_teeth=2),
}


@pytest.mark.parametrize("name", TOOLS)
def test_rigid_force_of_any_tool_is_that_of_the_force_history(name):
    """The other program keeps no surface: it compares each tooth with all before it, and knows no steps."""
    tool, depth, steps, n_slices = make_tool(**TOOLS[name]), 4e-3, 3600, 48
    arc = (0.6, 2.5)
    milling = make_milling(6000, depth, arc, feed_per_tooth=0.1e-3)
    edge = discretise(tool, depth, n_slices)
    arcs = jnp.asarray(np.vstack([np.tile(arc, (n_slices, 1)), [[0.0, 0.0]]])[:, None])
    rotation = jnp.asarray(np.arange(0, steps, 25) * (2 * np.pi / steps))
    expected = np.asarray(
        force_history(edge, jnp.asarray([tool.n_teeth * 0.1e-3, 0.0]), arcs, FULL, rotation)
    )[:, :3]  # fmt: skip
    force = last_revolution(
        simulate(tool, milling, FULL, RIGID, n_revolutions=6, steps_per_revolution=steps, n_slices=n_slices)
    )
    # an element enters within steps here, over its sweep there: single instants differ, the rest must not
    off = np.abs(force[::25] - expected) / np.abs(expected).max()
    assert np.median(off) < 1e-4
    assert force.mean(axis=0) == pytest.approx(expected.mean(axis=0), abs=3e-3 * np.abs(expected).max())
