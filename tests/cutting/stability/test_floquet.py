"""Floquet multipliers against converged tables, laws of mechanics, and each other."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from milling_cases import insperger, modes, rpm

from twin.cutting.stability import Milling, floquet_multipliers, from_schmitz, turned
from twin.cutting.stability.floquet import Cuts, _reduced, _seed
from twin.cutting.stability.semi_discretisation import semi_discretisation_multipliers
from twin.units import MM

DEPTHS = np.array([0.5, 1.0, 2.0, 4.0]) * MM

# |mu| of the mode of Insperger and Stepan, converged to 8 digits by two methods: immersion, up -> rpm -> depths above
ONE_MODE = {
    (1.0, False): {
        5000: (1.073975587, 1.406473525, 1.760635958, 1.796953009),
        6000: (1.101145856, 1.371937849, 1.656797879, 1.703741040),
        8000: (0.919386371, 1.139097982, 1.458296446, 1.721987979),
        10000: (1.074608046, 1.232469219, 1.403512949, 1.473661758),
        12500: (0.582914908, 0.572591480, 0.747652249, 1.718904801),
        15000: (1.028825982, 1.130587658, 1.250391941, 1.325285034),
        20000: (0.853904196, 0.866612898, 1.178074699, 2.003533420),
        25000: (0.841538236, 0.743399532, 0.581438330, 1.012877017),
    },
    (0.1, False): {
        5000: (0.731955861, 0.890965766, 1.268545727, 2.010796736),
        10000: (0.721075234, 0.582003439, 0.649066447, 1.786115872),
        15000: (0.824947223, 0.763418166, 0.629756032, 0.858700294),
        20000: (0.943142137, 0.981782461, 1.068031748, 1.258988836),
    },
    (0.05, False): {
        5000: (0.688865900, 0.749502844, 0.952408761, 1.440741431),
        10000: (0.769905403, 0.704893349, 0.527087036, 0.965015108),
        15000: (0.850249412, 0.818384346, 0.749165877, 0.599595456),
        20000: (0.927094355, 0.946343148, 0.987265065, 1.075720710),
    },
    (0.05, True): {
        5000: (0.734645891, 0.812727408, 0.976861014, 1.263230539),
        10000: (0.886148773, 0.938990106, 1.028649934, 1.165116777),
        15000: (0.915066455, 0.947488640, 1.006205793, 1.103631165),
        20000: (0.887956171, 0.869048533, 0.838279621, 1.05439802),
    },
}
TWO_MODES = {
    (1.0, False): {
        5000: (5.097745344, 10.90390057, 35.0080929, 160.771354),
        10000: (2.472745746, 4.313453463, 7.961589356, 41.78678999),
        15000: (1.689270356, 2.701239541, 4.127504909, 17.04710913),
        20000: (1.757038982, 2.856917232, 5.767059099, 13.32772099),
    },
    (0.1, False): {
        5000: (0.847785566, 1.031115390, 1.404768630, 2.104796282),
        10000: (0.917062366, 1.005193469, 1.174320824, 1.486850379),
        15000: (0.925063314, 0.969156031, 1.053131125, 1.198535272),
        20000: (0.918671659, 0.931734706, 0.965416454, 1.187128371),
    },
}


@pytest.mark.parametrize(("axes", "table"), [("x", ONE_MODE), ("xy", TWO_MODES)])
def test_the_converged_tables(axes, table):
    for (immersion, up), rows in table.items():
        found = floquet_multipliers(insperger(immersion, up, axes), rpm(*rows)[:, None], DEPTHS[None], resolution=14)
        np.testing.assert_allclose(found.modulus, list(rows.values()), rtol=1e-6)


@pytest.mark.parametrize("axes", ["x", "xy"])
def test_the_error_estimate_bounds_the_error(axes):
    milling = insperger(1.0, False, axes)
    speed, depth = np.linspace(*rpm(5000, 25000), 40)[:, None], np.linspace(0.1, 4, 25)[None] * MM
    found = floquet_multipliers(milling, speed, depth)
    exact = floquet_multipliers(milling, speed, depth, resolution=18)
    error = np.abs(found.modulus - exact.modulus) / np.maximum(exact.modulus, 1)
    assert np.quantile(error, 0.95) < 1e-4
    assert np.mean(np.abs(found.modulus - exact.modulus) > found.error + exact.error + 1e-9) < 0.01


@pytest.mark.parametrize(
    ("k", "expected"),
    [
        (20, (0.78072, 0.96435, 1.06979, 1.19826)),
        (80, (0.81691, 1.06622, 1.21096, 1.39214)),
        (320, (0.81956, 1.07349, 1.22089, 1.40557)),
    ],
)
def test_semi_discretisation_converges_as_published(k, expected):
    depth = np.array([0.2, 0.5, 0.7, 1.0]) * MM
    cuts = Cuts(rpm(5000), np.zeros(1), np.full(1, np.pi), depth, np.array([0, 4]))
    reduced = _reduced(insperger(1.0, False))
    arrays = (cuts.speed, cuts.entry, cuts.width, cuts.depth, cuts.first)
    value, _ = semi_discretisation_multipliers(*arrays, 2, *reduced, k, 1e-10, _seed(1000))
    np.testing.assert_allclose(np.abs(value), expected, atol=6e-6)


def test_extrapolated_semi_discretisation_agrees_with_collocation():
    """Two modes that differ, process damping, half immersion."""
    milling = Milling(
        modes=modes([922, 700, 1500], [0.011, 0.03, 0.02], [1.34e6, 2e6, 5e6], "xyx"),
        n_teeth=3,
        ktc=6e8,
        krc=2e8,
        exit=np.pi / 2,
        process_damping=2e5,
        radius=5e-3,
    )
    speed, depth = rpm(6000, 9000, 15000)[:, None], DEPTHS[None]
    check = floquet_multipliers(milling, speed, depth, method="semi_discretisation")
    exact = floquet_multipliers(milling, speed, depth, resolution=16)
    np.testing.assert_allclose(check.modulus, exact.modulus, rtol=2e-4)
    assert (np.abs(check.modulus - exact.modulus) < check.error).all()
    assert (check.kind == exact.kind).all()


@pytest.mark.parametrize("immersion", [0.05, 0.3, 0.8])
def test_up_and_down_milling_have_the_same_multipliers_where_all_directions_are_alike(immersion):
    speed, depth = rpm(5000, 9000, 16000)[:, None], DEPTHS[None]
    up, down = (floquet_multipliers(insperger(immersion, u, "xy"), speed, depth, resolution=14) for u in (True, False))
    np.testing.assert_allclose(up.modulus, down.modulus, rtol=1e-7)


def test_turning_the_frame_changes_nothing_but_the_frame():
    """A window turned with the modes, two even teeth half a turn apart: the force on the tool turns with them."""
    original = replace(insperger(0.3, True, n_teeth=3), modes=modes([922, 700], [0.011, 0.02], [1.3e6, 2e6], "xy"))
    angle = 0.4
    moved = replace(
        original, modes=turned(original.modes, angle), entry=original.entry + angle, exit=original.exit + angle
    )
    first, second = (floquet_multipliers(m, rpm(8000), DEPTHS, resolution=14) for m in (original, moved))
    np.testing.assert_allclose(first.modulus, second.modulus, rtol=1e-9)


def test_many_modes_along_one_line_act_as_their_sum():
    """One mode split in two of twice the stiffness; a stiff fast mode added changes next to nothing."""
    one = insperger(0.5, False)
    m = one.modes
    split = replace(
        m,
        omega=jnp.tile(m.omega, 2),
        damping=jnp.tile(m.damping, 2),
        stiffness=jnp.tile(2 * m.stiffness, 2),
        direction=jnp.tile(m.direction, (2, 1)),
    )
    found = [floquet_multipliers(replace(one, modes=s), rpm(9000), DEPTHS, resolution=14).modulus for s in (m, split)]
    np.testing.assert_allclose(*found, rtol=1e-7)
    stiff = modes([922, 9000], [0.011, 0.02], [float(m.stiffness[0]), 1e13], "xx")
    np.testing.assert_allclose(
        floquet_multipliers(replace(one, modes=stiff), rpm(9000), DEPTHS, resolution=14).modulus, found[0], rtol=1e-6
    )


@pytest.mark.parametrize(("immersion", "n_teeth"), [(0.5, 2), (0.6, 4)])
def test_uneven_pitch_tends_to_even_pitch(immersion, n_teeth):
    """Several delays over a revolution against one delay over a tooth period: mu of the revolution is mu^n_teeth."""
    even = insperger(immersion, False, "xy", n_teeth)
    shift = 1e-7 * np.resize([1, -1], n_teeth)
    uneven = replace(even, pitch=tuple(2 * np.pi / n_teeth + shift))
    speed = rpm(6000, 10000, 22000)
    a, b = (floquet_multipliers(m, speed, 1 * MM, resolution=14) for m in (even, uneven))
    np.testing.assert_allclose(b.modulus, a.modulus**n_teeth, rtol=3e-6)


def test_uneven_pitch_against_a_step_by_step_integration():
    """Growth over revolutions of a simulated disturbance, classical Runge-Kutta with the delayed motion stored."""
    pitch = np.radians([80.0, 100.0, 85.0, 95.0])
    milling = replace(insperger(0.4, True, n_teeth=4), pitch=tuple(pitch), krc=1.5e8)
    speed, depth = rpm(9000)[0], 1.2 * MM
    expected = floquet_multipliers(milling, speed, depth, resolution=14)
    n, turns = 3600, 24  # 0.1 degree: pitch angles are whole numbers of steps
    step = 2 * np.pi / n / speed
    back = np.round(np.roll(pitch, 1) / (2 * np.pi) * n).astype(int)
    position = np.concatenate([[0], np.cumsum(pitch)[:-1]])
    mass, omega, zeta = 0.03993, 2 * np.pi * 922, 0.011
    angle = 2 * np.pi / n * np.arange(2 * n + 2)[:, None] / 2 - position  # half steps
    phi = angle % (2 * np.pi)
    factor = (
        np.where(phi < float(milling.exit), (6e8 * np.cos(phi) + 1.5e8 * np.sin(phi)) * np.sin(phi), 0) * depth / mass
    )
    x, v = np.zeros((turns + 1) * n + 1), np.zeros((turns + 1) * n + 1)
    x[n] = 1e-6
    for i in range(n, (turns + 1) * n):

        def rate(place, speed_, half, i=i):
            # motion between stored instants of the past: straight
            past = 0.5 * (x[i - back + (half + 1) // 2] + x[i - back + half // 2])
            w = factor[(2 * (i % n) + half)]
            return -2 * zeta * omega * speed_ - omega**2 * place - np.dot(w, place - past)

        k1, l1 = v[i], rate(x[i], v[i], 0)
        k2, l2 = v[i] + step / 2 * l1, rate(x[i] + step / 2 * k1, v[i] + step / 2 * l1, 1)
        k3, l3 = v[i] + step / 2 * l2, rate(x[i] + step / 2 * k2, v[i] + step / 2 * l2, 1)
        k4, l4 = v[i] + step * l3, rate(x[i] + step * k3, v[i] + step * l3, 2)
        x[i + 1] = x[i] + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        v[i + 1] = v[i] + step / 6 * (l1 + 2 * l2 + 2 * l3 + l4)
    size = np.sqrt(np.add.reduceat(x[n:-1] ** 2, np.arange(0, turns * n, n)))
    growth = (size[-1] / size[turns // 2 - 1]) ** (1 / (turns - turns // 2))
    assert growth == pytest.approx(float(expected.modulus), rel=5e-3)


def test_process_damping_is_that_of_a_damper_where_it_is_constant():
    """A slot of 4 teeth, one mode: the sum of n n^T over the teeth is 1, so C b / v adds to the mode's damper."""
    depth, c, radius, speed = 0.5 * MM, 3e5, 5e-3, rpm(7000)[0]
    plain = insperger(1.0, False, n_teeth=4)
    damped = floquet_multipliers(replace(plain, process_damping=c, radius=radius), speed, depth, resolution=14)
    omega, stiffness = float(plain.modes.omega[0]), float(plain.modes.stiffness[0])
    more = c * depth / (speed * radius) * omega / (2 * stiffness)
    by_hand = replace(plain, modes=replace(plain.modes, damping=plain.modes.damping + more))
    expected = floquet_multipliers(by_hand, speed, depth, resolution=14)
    assert float(damped.modulus) == pytest.approx(float(expected.modulus), rel=1e-9)


def test_schmitz_frame_is_the_same_cut_seen_from_the_other_side():
    """Cross-coupled modes tell the frames apart; turning x twice is nothing."""
    direction = jnp.array([[0.8, 0.6, 0.0], [-0.6, 0.8, 0.0]])
    skew = replace(modes([922, 600], [0.011, 0.02], [1.3e6, 3e6], "xy"), direction=direction)
    milling = replace(insperger(0.3, True), modes=skew)
    there = from_schmitz(milling)
    np.testing.assert_array_equal(from_schmitz(there).modes.direction, direction)
    a, b = (floquet_multipliers(m, rpm(8000), 1 * MM).modulus for m in (milling, there))
    assert abs(a - b) > 1e-3
