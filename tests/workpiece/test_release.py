"""Release of residual stress: layer removal in closed form, equilibrium, energy, ribs, scatter."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from twin.errors import InputError
from twin.stock.cut import Columns
from twin.units import MM, MPA, Uncertain
from twin.workpiece import ResidualStress, along_normal, balance, distortion, part_sections, release

E, NU = 71.7e9, 0.33
THICK = 30 * MM
SIZE = 12 * MPA
# [m] heights are kept to 1e-9 m: 6 S 1e-9 / (E h^2) L^2 / 8
ROUNDING = 1e-11
UP = np.array([0.0, 0.0, 1.0])


def profile(**changes) -> ResidualStress:
    """Compressed faces, tension in the middle, straight between: in equilibrium by itself."""
    stress = tuple(Uncertain(s, d) for s, d in zip((-SIZE, SIZE, -SIZE), (3e6, 2e6, 1e6), strict=True))
    given = dict(
        name="test",
        depth=(0.0, THICK / 2, THICK),
        rolling=stress,
        transverse=stress,
        rolling_direction="x",
        plate_scatter=0.0,
        poisson=NU,
        source="test",
        scatter_basis="test",
        sureness="assumed",
    )
    return ResidualStress(**(given | changes))


def columns(top=0.0, floor=-THICK, length=200 * MM, width=100 * MM, spacing=1 * MM) -> Columns:
    shape = (round(width / spacing), round(length / spacing))
    return Columns(np.zeros(2), np.full(3, spacing), np.full(shape, top, np.float32), np.full(shape, floor, np.float32))


def sections_of(part: Columns, stress: ResidualStress):
    return part_sections(part, np.array(stress.depth), 0.0)


def heights(sections, field, x, y, z=-THICK):
    return along_normal(
        sections, field, np.stack(np.broadcast_arrays(x, y, z), axis=-1), np.broadcast_to(UP, (len(x), 3))
    )


def bow(sections, field):
    """Sagitta along x: middle against both ends [m]."""
    at = np.array([0.0, 100.0, 200.0]) * MM
    low, middle, high = heights(sections, field, at, np.full(3, 50 * MM))
    return (low + high) / 2 - middle


def test_half_of_a_plate_removed():
    """What is left carries a straight profile, -S to S at the cut, and bends by all of it: 4 S (1 - nu) / (E h)."""
    stress = profile()
    sections = sections_of(columns(top=-THICK / 2), stress)
    field, _ = release(sections, stress, E)
    curvature = 4 * SIZE * (1 - NU) / (E * THICK)
    assert bow(sections, field) == pytest.approx(curvature * (200 * MM) ** 2 / 8, rel=1e-7)


def test_bar_with_stress_along_it_alone():
    """Treuting and Read: curvature 12 m / (E t^3) along, -nu times it across; m of the layer left, by hand."""
    along = jnp.array([-SIZE, SIZE, -SIZE])
    stress = profile()
    left = 20 * MM  # the top 10 mm are gone
    sections = sections_of(columns(top=-10 * MM), stress)
    field = distortion(sections, along, jnp.zeros(3), E, NU)
    height = np.linspace(0, left, 200_001)
    moment = np.trapezoid(np.interp(height, [0, THICK / 2, THICK], [-SIZE, SIZE, -SIZE]) * (height - left / 2), height)
    curvature = 12 * moment / (E * left**3)
    assert bow(sections, field) == pytest.approx(curvature * (200 * MM) ** 2 / 8, rel=1e-7)
    across = np.diff(np.asarray(field.y.slope)) / MM
    np.testing.assert_allclose(across, -NU * curvature, rtol=1e-5)


def test_nothing_removed_nothing_moves():
    stress = profile()
    sections = sections_of(columns(), stress)
    field, scatter = release(sections, stress, E)
    for found in (field.x, field.y, scatter.x, scatter.y):
        assert np.abs(np.asarray(found.deflection)).max() < ROUNDING
        assert np.abs(np.asarray(found.slope)).max() < 4 * ROUNDING / (200 * MM)


def test_taken_from_both_faces_alike_it_stays_flat():
    stress = profile()
    field, _ = release(sections_of(columns(top=-8 * MM, floor=-22 * MM), stress), stress, E)
    assert np.abs(np.asarray(field.x.deflection)).max() < ROUNDING
    # the tension that is left in the middle shortens it: mean stress over the middle 14 of 30 mm
    mean = SIZE * (1 - 7 / 15)
    assert field.x.stretch[-1] - field.x.stretch[0] == pytest.approx(-mean * (1 - NU) / E * 199 * MM, rel=1e-4)


def test_what_is_left_balances_and_the_energy_closes():
    """Stress before plus E times the strain of release carries no force and no moment; the energy lost is theirs."""
    along = np.array([-SIZE, SIZE, -SIZE])
    ribbed = columns(top=-24 * MM)
    ribbed.top[::20] = 0.0  # ribs along x
    stress = profile()
    sections = sections_of(ribbed, stress)
    field = distortion(sections, jnp.asarray(along), jnp.zeros(3), E, 0.0)
    station = 100
    bend = float(np.diff(np.asarray(field.x.slope))[station] / MM)
    stretch = float(np.diff(np.asarray(field.x.stretch))[station] / MM)  # at the underside
    z = (np.arange(3000) + 0.5) * THICK / 3000
    width = np.array([1 * MM * np.sum(ribbed.top[:, station] + THICK > h) for h in z])
    before = np.interp(z, [0, THICK / 2, THICK], along)
    after = before + E * (stretch - z * bend)
    dz = THICK / 3000
    size = np.sum(width * np.abs(before)) * dz
    assert abs(np.sum(width * after) * dz) < 1e-4 * size
    assert abs(np.sum(width * after * z) * dz) < 1e-4 * size * THICK
    lost = np.sum(width * (before**2 - after**2)) * dz / (2 * E)
    force = sections.along_x.force[station] @ along
    moment = sections.along_x.moment[station] @ along
    work = force**2 / (2 * E * sections.along_x.area[station]) + moment**2 / (2 * E * sections.along_x.inertia[station])
    assert lost == pytest.approx(work, rel=1e-4)


def test_ribs_and_pockets_by_composite_section():
    """Area, centroid and second moment of a floor of 3 mm with five ribs of 1 x 27 mm, by hand."""
    ribbed = columns(top=-27 * MM)
    ribbed.top[10::20] = 0.0
    sections = sections_of(ribbed, profile()).along_x
    floor, rib = 100 * 3, 5 * 27
    centre = (floor * 1.5 + rib * 16.5) / (floor + rib)
    inertia = 100 * 27 / 12 + floor * (centre - 1.5) ** 2 + 5 * 27**3 / 12 + rib * (16.5 - centre) ** 2
    np.testing.assert_allclose(sections.area, (floor + rib) * MM**2, rtol=1e-6)
    np.testing.assert_allclose(sections.centre, centre * MM, rtol=1e-6)
    np.testing.assert_allclose(sections.inertia, inertia * MM**4, rtol=1e-6)


def test_grid_converges():
    """A round pocket, whose edge no grid fits."""
    stress = profile()
    found = []
    for spacing in (2 * MM, 1 * MM, 0.5 * MM, 0.25 * MM):
        pocket = columns(spacing=spacing)
        y, x = ((np.arange(n) + 0.5) * spacing for n in pocket.top.shape)
        pocket.top[np.hypot(x - 90 * MM, y[:, None] - 48 * MM) < 37 * MM] = -27 * MM
        sections = sections_of(pocket, stress)
        found.append(bow(sections, release(sections, stress, E)[0]))
    error = np.abs(np.array(found[:3]) / found[3] - 1)
    assert (error[1:] < 2e-3).all() and error[0] > error[1:].max()


def test_datum_is_the_plane_of_least_squares():
    stress = profile()
    part = columns(top=-20 * MM)
    part.top[:, 150:] = 0.0  # lopsided
    sections = sections_of(part, stress)
    field, _ = release(sections, stress, E)
    x, y = np.meshgrid(sections.along_x.place, sections.along_y.place)
    w = heights(sections, field, x.ravel(), y.ravel())
    plane = np.linalg.lstsq(np.stack([np.ones(w.size), x.ravel(), y.ravel()], axis=1), w)[0]
    assert np.abs(w).max() > 1e-6
    assert np.abs(plane * [1, 0.2, 0.1]).max() < 1e-9 * np.abs(w).max()


def test_scatter_against_monte_carlo():
    """Deviation of the middle's height against 4,000 drawn profiles, each brought to equilibrium."""
    stress = profile(plate_scatter=0.2, transverse=tuple(Uncertain(0.0, 0.0) for _ in range(3)))
    sections = sections_of(columns(top=-20 * MM), stress)
    field, scatter = release(sections, stress, E)
    at, up = np.array([[100 * MM, 50 * MM, -THICK]]), UP[None]
    deviation = np.sqrt(np.sum(along_normal(sections, scatter, at, up) ** 2, axis=0))[0]
    rng = np.random.default_rng(1)
    value, each = stress.along("x")
    drawn = (value * (1 + 0.2 * rng.standard_normal((4000, 1))) + each * rng.standard_normal((4000, 3))) @ balance(
        np.array(stress.depth)
    ).T
    every = jax.vmap(lambda s: distortion(sections, s, jnp.zeros(3), E, NU))(drawn)
    heights_found = along_normal(sections, every, at, up)[:, 0]
    assert deviation == pytest.approx(heights_found.std(), rel=0.05)
    assert along_normal(sections, field, at, up)[0] == pytest.approx(heights_found.mean(), abs=4 * deviation / 63)


def test_gradient_in_stress_and_modulus():
    sections = sections_of(columns(top=-20 * MM), profile())

    def middle(stress, modulus):
        return distortion(sections, stress, 0.5 * stress, modulus, NU).x.deflection[100]

    s = jnp.array([-SIZE, SIZE, -SIZE])
    by_stress, by_modulus = jax.grad(middle, argnums=(0, 1))(s, E)
    assert by_stress @ s == pytest.approx(float(middle(s, E)), rel=1e-12)  # linear in the stress
    assert by_modulus * E == pytest.approx(-float(middle(s, E)), rel=1e-12)  # and in 1 / E


def bad(**changes):
    with pytest.raises(InputError) as caught:
        profile(**changes)
    return str(caught.value)


def test_bad_profiles_are_named():
    assert "0, 20, 15 mm" in bad(depth=(0.0, 20 * MM, 15 * MM))
    assert "start at 0" in bad(depth=(1 * MM, 15 * MM, THICK))
    assert "not in equilibrium" in bad(rolling=tuple(Uncertain(s * MPA, 0.0) for s in (5, 5, 5)))
    assert "transverse" in bad(transverse=tuple(Uncertain(s * MPA, 0.0) for s in (-9, 0, 9)))
    assert "2 stresses" in bad(rolling=profile().rolling[:2])
    with pytest.raises(InputError, match="reaches 30 mm deep, the stock is 40 mm"):
        profile().check_plate(40 * MM)
    tilted = np.eye(4)
    tilted[:2, :2] = [[0, -1], [1, 0]]
    with pytest.raises(InputError, match="from above"):
        sections_of(replace(columns(), pose=tilted), profile())
    with pytest.raises(InputError, match="no material"):
        sections_of(columns(top=-np.inf), profile())
