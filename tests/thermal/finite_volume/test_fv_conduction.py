"""Finite-volume conduction against closed forms, its order of convergence, its energy, and bad input."""

import numpy as np
import pytest
import trimesh
from scipy.special import erf

from twin.errors import InputError
from twin.thermal.finite_volume.conduction import FreeSurface, Solid, assemble
from twin.thermal.finite_volume.transient import explicit, implicit, stable_step, steady
from twin.thermal.finite_volume.voxels import Voxels, inside_mesh


def block(lengths, counts, solid, surfaces, heat=None):
    """A solid box of ``counts`` cells; ``heat``: cells -> shares."""
    voxels = Voxels(np.zeros(3), np.divide(lengths, counts), np.zeros(counts, int))
    shares = {name: share(voxels.cells) for name, share in (heat or {}).items()}
    return voxels, assemble(voxels, [solid], surfaces, {k: s / s.sum() for k, s in shares.items()})


def first(cells):
    return (cells[:, 0] == 0) * 1.0


INSULATED = [FreeSurface(0, 1e-12, normal=(0, 1))]  # ties the far end to its fluid, without taking heat


@pytest.mark.parametrize(
    ("time", "length", "expected"),
    [
        (0.01, 0.02, (6.02552, 1.21444, 0, 0)),
        (0.1, 0.05, (19.05437, 12.34209, 1.08279, 0)),
        (1.0, 0.1, (60.25521, 52.87522, 29.44367, 1.16012)),
        (10.0, 0.2, (190.54371, 182.95024, 154.54804, 74.92410)),
    ],
)
def test_half_space_under_constant_flux(time, length, expected):  # A1: at 0, 1, 5 and 20 mm
    n, k, flux = 4000, 130.0, 1e6
    voxels, model = block((length, 1, 1), (n, 1, 1), Solid("Al7075", k, 2810 * 960), INSULATED, {"flux": first})
    x = voxels.centres[:, 0]
    end = implicit(model, np.tile([flux, 0.0], (500, 1)), time / 500, np.zeros(n))[-1]
    surface = end[0] + flux * (x[1] - x[0]) / 2 / k
    got = [surface, *np.interp([1e-3, 5e-3, 20e-3], x, end)]
    assert np.allclose(got, expected, rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (1, (0.039813, 0.008867, 1e-6, 0)),
        (10, (0.117780, 0.078725, 0.016148, 0.000093)),
        (100, (0.307505, 0.273967, 0.186934, 0.073177)),
        (1000, (0.610623, 0.591282, 0.534884, 0.430338)),
    ],
)
def test_half_space_under_convection(time, expected):  # A2: at 0, 5, 20 and 50 mm
    k, h, n = 50.0, 500.0, 2000
    surfaces = [FreeSurface(0, h, normal=(0, -1))]
    voxels, model = block((0.6, 1, 1), (n, 1, 1), Solid("steel", k, 7850 * 480), surfaces)
    x = voxels.centres[:, 0]
    end = implicit(model, np.ones((500, 1)), time / 500, np.zeros(n))[-1]
    d = x[1] - x[0]
    surface = (end[0] * 2 * k / d + h) / (2 * k / d + h)
    got = [surface, *np.interp([5e-3, 20e-3, 50e-3], x, end)]
    assert np.allclose(got, expected, rtol=2e-4, atol=1e-5)


def wall(n, n_steps=400):
    """Mean of a plane wall of Biot number one, at Fourier number one."""
    _, model = block((1, 1, 1), (n, 1, 1), Solid("wall", 1.0, 1.0), [FreeSurface(0, 1.0, normal=(0, 1))])
    return implicit(model, np.zeros((n_steps, 1)), 1 / n_steps, np.ones(n))


@pytest.mark.parametrize(
    ("fourier", "centre", "surface", "mean"),
    [
        (0.05, 0.999751, 0.790377, 0.957310),
        (0.1, 0.993108, 0.723577, 0.919597),
        (0.2, 0.950642, 0.643391, 0.851595),
        (0.5, 0.772526, 0.504522, 0.681105),
        (1, 0.533859, 0.348177, 0.470397),
        (2, 0.254668, 0.166091, 0.224394),
    ],
)
def test_plane_wall(fourier, centre, surface, mean):  # A3: Biot number one
    n = 200
    _, model = block((1, 1, 1), (n, 1, 1), Solid("wall", 1.0, 1.0), [FreeSurface(0, 1.0, normal=(0, 1))])
    end = implicit(model, np.zeros((2000, 1)), fourier / 2000, np.ones(n))[-1]
    got = [end[0], end[-1] * 2 * n / (2 * n + 1), end.mean()]
    assert np.allclose(got, [centre, surface, mean], rtol=1e-4)


def test_second_order_in_space():
    error = [abs(wall(n, 4000)[-1].mean() - 0.47039712) for n in (4, 8, 16)]
    order = np.log2(np.divide(error[:-1], error[1:]))
    assert (order > 1.9).all() and (order < 2.1).all()


def test_rod_with_one_cold_end():  # A4
    n = 200
    surfaces = [FreeSurface(0, 1e9, normal=(0, 1))]
    voxels, model = block((1, 1, 1), (n, 1, 1), Solid("rod", 0.2, 2.0), surfaces, {"flux": first})
    field = implicit(model, np.tile([1.0, 0.0], (1000, 1)), 0.01, np.ones(n))
    for time, expected in [
        (0.05, 1.000382),
        (0.1, 1.008622),
        (0.5, 1.263341),
        (1, 1.549898),
        (2, 1.986399),
        (5, 2.778766),
        (10, 3.289968),
    ]:
        got = np.interp(0.3, voxels.centres[:, 0], field[round(time / 0.01)])
        assert got == pytest.approx(expected, rel=1e-3)


def fin(n, *tip):
    """The plate of A5b as a fin, without gradients across it: a hundredth as wide and thick, and so its films of
    10 W/m²K; heated at one end by as much to the area as 1 kW are."""
    surfaces = [*(FreeSurface(0, 0.1, normal=(axis, side)) for axis in (1, 2) for side in (-1, 1)), *tip]
    return block((1, 5e-3, 5e-4), (n, 1, 1), Solid("plate", 50.0, 8000 * 500), surfaces, {"heat": first})


POWER, FLUX = 0.1, 1000 / (0.5 * 0.05)


@pytest.mark.parametrize(("time", "expected"), [(100, 31.7987), (1047.8, 99.4737), (3600, 168.9555)])
def test_fin_heated_at_its_root(time, expected):  # A5: semi-infinite; it is 1 m long
    m = np.sqrt(10.0 * 2 * (0.5 + 0.05) / (50.0 * 0.5 * 0.05))
    exact = FLUX / (50.0 * m) * erf(m * np.sqrt(50.0 / (8000 * 500) * time))
    assert exact == pytest.approx(expected, abs=1e-4)
    n = 800
    _, model = fin(n)
    end = implicit(model, np.tile([POWER, 0.0], (1000, 1)), time / 1000, np.zeros(n))[-1]
    assert end[0] + FLUX / n / 2 / 50.0 == pytest.approx(exact, rel=3e-4)


def test_fin_in_the_end():  # A5: 1 m long, with a film on its tip
    n = 400
    _, model = fin(n, FreeSurface(0, 10.0, normal=(0, 1)))
    end = steady(model, np.array([POWER, 0.0]))
    assert end[0] + FLUX / n / 2 / 50.0 == pytest.approx(270.9319, rel=3e-5)
    assert end[-1] * 2 * 50.0 * n / (2 * 50.0 * n + 10.0) == pytest.approx(26.0750, rel=3e-5)


def test_heated_plate_against_two_finite_element_runs():  # A5b: 0.5 x 1.0 x 0.05 m, 1 kW on one end, h = 10 elsewhere
    counts, k, spacing = (80, 10, 2), 50.0, 1 / 80
    faces = [(0, 1), *[(axis, side) for axis in (1, 2) for side in (-1, 1)]]
    surfaces = [FreeSurface(0, 10.0, normal=face) for face in faces]
    voxels, model = block((1, 0.5, 0.05), counts, Solid("plate", k, 8000 * 500), surfaces, {"heat": first})
    heated = voxels.cells[:, 0] == 0
    flux = 1000 / (0.5 * 0.05)

    def bottom(field):
        return field[heated].mean() + flux * spacing / 2 / k

    short = implicit(model, np.tile([1000.0, 20.0], (100, 1)), 10.478, np.full(len(heated), 20.0))[-1]
    long = implicit(model, np.tile([1000.0, 20.0], (300, 1)), 100.0, short)
    got = [bottom(short), *(bottom(long[step]) for step in (60, 120, 180, 240, 300))]
    # quadratic hexahedra, whose time steps leave them 0.3 % low; linear hexahedra of 11,055 unknowns, steps of 10 s
    assert np.allclose(got, [119.18, 232.13, 265.42, 279.04, 285.23, 288.21], rtol=4e-3)
    assert np.allclose(got, [119.477, 232.340, 265.597, 279.192, 285.368, 288.339], rtol=1e-3)
    assert bottom(steady(model, np.array([1000.0, 20.0]))) == pytest.approx(291.32, rel=1e-3)
    # what the film takes at the end is what the heater gives
    out = model.film_gain["film plate"][:, 0] @ (steady(model, np.array([1000.0, 20.0])) - 20)
    assert out == pytest.approx(1000, rel=1e-10)


def test_cube_cools_as_a_lump():  # A6: 0.1 m of steel, h = 10, tau = 6280 s
    _, model = block((0.1, 0.1, 0.1), (4, 4, 4), Solid("steel", 50.0, 7850 * 480), [FreeSurface(0, 10.0)])
    field = implicit(model, np.zeros((628, 1)), 10.0, np.ones(64))
    assert field[-1].mean() == pytest.approx(np.exp(-1), rel=5e-3)  # Biot number 0.003


def test_energy_is_kept_and_explicit_agrees_with_implicit():
    solid = Solid("steel", 50.0, 7850 * 480)
    _, model = block((0.1, 0.2, 0.1), (4, 8, 4), solid, INSULATED, {"motor": first})
    inputs = np.tile([100.0, 0.0], (60, 1))
    slow, quick = (run(model, inputs, 60.0, np.zeros(128)) for run in (implicit, explicit))
    assert model.capacity @ slow[-1] == pytest.approx(100 * 3600, rel=1e-9)
    assert abs(slow[-1] - quick[-1]).max() < 2e-3 * slow[-1].max()
    assert stable_step(model) > 1
    # what the film takes is what the source gives
    _, cooled = block((0.1, 0.2, 0.1), (4, 8, 4), solid, [FreeSurface(0, 10.0)], {"motor": first})
    warm = steady(cooled, np.array([100.0, 20.0]))
    assert cooled.film_gain["film steel"][:, 0] @ (warm - 20) == pytest.approx(100, rel=1e-10)


def test_closed_mesh_fills_its_volume_and_an_open_one_is_refused():
    sphere = trimesh.creation.icosphere(4, 0.1)
    axes = [-0.1 + 0.005 * (np.arange(40) + 0.5)] * 3
    loose = np.asarray(sphere.vertices)[np.asarray(sphere.faces)].reshape(-1, 3)  # as STL has them, not joined
    inside = inside_mesh(loose, np.arange(len(loose)).reshape(-1, 3), axes, "head")
    assert inside.sum() * 0.005**3 == pytest.approx(4 / 3 * np.pi * 1e-3, rel=0.01)
    with pytest.raises(InputError, match="voxel model head is open: 3 edges"):
        inside_mesh(np.asarray(sphere.vertices), np.asarray(sphere.faces)[1:], axes, "head")


def test_bad_input():
    solid = Solid("bed", 50.0, 4e6)
    with pytest.raises(InputError, match="reach no fluid"):
        block((1, 1, 1), (2, 2, 2), solid, [])
    with pytest.raises(InputError, match="film of bed is -3"):
        block((1, 1, 1), (2, 2, 2), solid, [FreeSurface(0, -3.0)])
