"""Heat through a plate against series and closed forms; bending against alpha dT / h."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq

from twin.workpiece.slab import (
    N_CELLS,
    Slab,
    bending_difference,
    free_bow,
    held_flat_stress,
    slab_temperature,
    thermal_curvature,
    wall_bow,
)

K, RC, ALPHA = 130.0, 2810.0 * 870.0, 23.4e-6
CENTRES = (np.arange(N_CELLS) + 0.5) / N_CELLS


def run(slab, films, n, dt, flux=(0.0, 0.0), fluid=(0.0, 0.0), initial=0.0):
    inputs = (jnp.tile(jnp.array(pair), (n, 1)) for pair in (flux, fluid))
    given = (jnp.array([films]), jnp.zeros(n, int), *inputs, dt, initial)
    return np.asarray(slab_temperature(slab, *given))


def test_quenched_plate_follows_the_series():
    """Film on both faces (Carslaw and Jaeger 1959, 3.11): sum C_n cos(z_n x / L) exp(-z_n^2 Fo), z tan z = Bi."""
    half, film = 10e-3, 5000.0
    biot, diffusivity = film * half / K, K / RC
    temperature = run(Slab(2 * half, K, RC), [film, film], 40, 0.2, initial=1.0)
    roots = [brentq(lambda z: z * np.tan(z) - biot, n * np.pi, n * np.pi + np.pi / 2 - 1e-9) for n in range(20)]
    x = (2 * CENTRES - 1)[None]
    for row, time in ((5, 1.0), (40, 8.0)):
        series = sum(
            4 * np.sin(z) / (2 * z + np.sin(2 * z)) * np.cos(z * x) * np.exp(-(z**2) * diffusivity * time / half**2)
            for z in roots
        )
        np.testing.assert_allclose(temperature[row], series[0], atol=5e-4)


def test_heated_face_of_an_insulated_wall_follows_the_series():
    """Mean q t / (rho c h), profile and its moment; late: difference q h / (2 k)."""
    h, q = 1.5e-3, 5e4
    temperature = run(Slab(h, K, RC), [0.0, 0.0], 30, 1e-3, flux=(0.0, q))
    time, diffusivity = 5e-3, K / RC
    n = np.arange(1, 40)[:, None]
    waves = (-1.0) ** n / n**2 * np.exp(-diffusivity * n**2 * np.pi**2 * time / h**2) * np.cos(n * np.pi * CENTRES)
    series = q * time / (RC * h) + q * h / K * ((3 * CENTRES**2 - 1) / 6 - 2 / np.pi**2 * waves.sum(axis=0))
    np.testing.assert_allclose(temperature[5], series, atol=1e-3 * q * h / K)
    assert bending_difference(temperature[-1]) == pytest.approx(q * h / (2 * K), rel=2e-3)
    assert temperature[-1].mean() == pytest.approx(q * 0.03 / (RC * h), rel=1e-9)  # all heat stays


def test_steady_heat_between_two_fluids():
    """Straight profile by the three resistances in series."""
    h, films = 30e-3, (1500.0, 1000.0)
    last = run(Slab(h, K, RC), films, 200, 20.0, fluid=(25.0, 20.0), initial=20.0)[-1]
    flow = 5.0 / (1 / films[0] + h / K + 1 / films[1])
    assert bending_difference(last) == pytest.approx(-flow * h / K, rel=1e-6)


def test_steady_flux_over_a_film():
    """Heat on a face with a film: the face stands q / film above the fluid where nothing else leaves."""
    last = run(Slab(5e-3, K, RC), [0.0, 1000.0], 100, 5.0, flux=(0.0, 2e4), fluid=(0.0, 20.0), initial=20.0)[-1]
    np.testing.assert_allclose(last, 40.0, rtol=1e-6)


def test_one_long_step_is_many_short_ones():
    slab = Slab(10e-3, K, RC)
    long = run(slab, [100.0, 1000.0], 1, 8.0, flux=(0.0, 1e4), fluid=(20.0, 22.0), initial=20.0)[-1]
    short = run(slab, [100.0, 1000.0], 80, 0.1, flux=(0.0, 1e4), fluid=(20.0, 22.0), initial=20.0)[-1]
    np.testing.assert_allclose(long, short, rtol=1e-10)


def test_bow_of_a_beam():
    """1 m long, 0.5 m high, 1 K through it, 11e-6 / K: the free end rises or sinks by 11.0 um (kappa L^2 / 2)."""
    difference = bending_difference(jnp.asarray(CENTRES))  # a straight rise of 1 K
    assert difference == pytest.approx(1.0, rel=1e-12)
    curvature = thermal_curvature(difference, 11e-6, 0.5)
    assert free_bow(curvature, jnp.array([1.0, 0.0, 0.0]))[2] == pytest.approx(-11.0e-6, rel=1e-9)


def test_free_bow_has_the_strain_of_the_gradient_and_no_shear():
    def moved(p):
        return free_bow(jnp.asarray(2e-4), p)

    gradient = jax.jacfwd(moved)(jnp.array([0.05, -0.03, 0.01]))
    strain = (gradient + gradient.T) / 2
    wanted = 2e-4 * 0.01 * np.diag([1.0, 1.0, 0.0])  # curvature times height, in the plane
    np.testing.assert_allclose(strain, wanted, atol=1e-12)


def test_wall_bends_by_flux_and_height_squared():
    slab = Slab(1.5e-3, K, RC)
    settled = bending_difference(run(slab, [0.0, 0.0], 30, 1e-3, flux=(0.0, 5e4))[-1])
    by_hand = ALPHA * settled / 1.5e-3 * (9e-3) ** 2 / 2
    assert wall_bow(5e4, 9e-3, slab, ALPHA) == pytest.approx(float(by_hand), rel=2e-3)


def test_clamped_flat_carries_the_stress_of_a_clamped_edge():
    """Timoshenko: alpha E dT / (2 (1 - nu)): 1 K in aluminium, 1.25 MPa."""
    assert held_flat_stress(1.0, ALPHA, 71.7e9, 0.33) == pytest.approx(23.4e-6 * 71.7e9 / 1.34, rel=1e-12)


@pytest.mark.long
def test_gradient_against_differences():
    def difference(conductivity, film):
        slab = Slab(20e-3, conductivity, RC)
        flux = jnp.tile(jnp.array([0.0, 5e3]), (10, 1))
        films = jnp.stack([jnp.asarray(500.0), film])[None]
        last = slab_temperature(slab, films, jnp.zeros(10, int), flux, jnp.full((10, 2), 20.0), 2.0, 22.0)[-1]
        return bending_difference(last)

    for place, at in ((0, K), (1, 900.0)):
        arguments = [K, 900.0]
        slope = jax.grad(difference, argnums=place)(*arguments)
        up, down = (arguments[:place] + [at * f] + arguments[place + 1 :] for f in (1.001, 0.999))
        assert slope == pytest.approx(float(difference(*up) - difference(*down)) / (0.002 * at), rel=1e-5)
