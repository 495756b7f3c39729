"""Deviation from provenance against cutting again with displaced poses, and its derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from parts import MM, ball_pocket, drifting_error, freeform_pocket, helical_bore, path_of, trace, wall_part
from scipy.spatial import cKDTree

from twin.stock.deviation import candidates_of, deviation, deviation_by_source, deviations, doubtful
from twin.stock.passes import find_passes
from twin.stock.recut import recut_deviation
from twin.stock.workpiece import Stock

UM = 1e-6
BLOCK = Stock.box(np.array([-20, -20, -10]) * MM, np.array([20, 20, 0]) * MM)


def compare(path, stock, **settings):
    """Deviation from provenance less that of the re-cut, samples in doubt, distance of samples from pass ends."""
    surface, provenance, profiles, row = trace(path, stock, 0.25 * MM, **settings)
    error = drifting_error(path)
    candidates = candidates_of(provenance)
    n = len(surface.position)
    found = np.asarray(deviation(candidates, jnp.asarray(error)))[:n]
    doubt = np.asarray(doubtful(candidates, jnp.asarray(error)))[:n]
    truth = recut_deviation(surface, path, profiles, row, error, 0.2 * MM)
    first = np.flatnonzero(np.diff(find_passes(path).number, prepend=-1))
    ends = np.concatenate([path.start[first], path.end[np.append(first[1:] - 1, -1)]])
    distance = cKDTree(ends[:, :2]).query(surface.position[:, :2])[0]
    made = surface.machined
    assert np.ptp(error, axis=(0, 1)).max() > 40 * UM
    assert np.ptp(truth[made]) > 30 * UM
    return (found - truth)[made], doubt[made], distance[made], float(profiles["radius"].max())


def rms(values) -> float:
    return float(np.sqrt((values**2).mean()))


def test_ball_pocket_agrees_with_the_recut():
    off, doubt, distance, radius = compare(*ball_pocket())
    inside = distance > radius
    assert inside.sum() > 1000
    assert rms(off[inside & ~doubt]) < 0.1 * UM
    assert rms(off[~doubt]) < 1.5 * UM
    assert doubt.mean() < 0.15


def test_walls_bore_and_floors_agree_with_the_recut():
    off, doubt, distance, radius = compare(*wall_part(13))
    inside = distance > radius + 0.25 * MM
    assert inside.sum() > 10000
    assert rms(off[inside & ~doubt]) < 0.1 * UM
    assert rms(off[~doubt]) < 1.5 * UM
    assert doubt.mean() < 0.15


def test_freeform_pocket_agrees_with_the_recut():
    """Its walls belong to many passes at once: one a depth of cut, and the sides of the ball's rows."""
    off, doubt, distance, radius = compare(*freeform_pocket())
    assert rms(off) < 1.5 * UM
    inside = distance > radius
    assert inside.sum() > 70000
    assert rms(off[inside & ~doubt]) < 0.1 * UM
    beyond_error = distance > radius + 0.05 * MM  # nor does the end of a displaced pass reach these
    assert beyond_error.sum() > 60000
    assert rms(off[beyond_error]) < 0.1 * UM


def test_a_helix_along_a_wall_agrees_with_the_recut():
    """Thermal growth pushes the tool 23 um down: the rims of the turns must not seem to bite into the wall."""
    path, stock = helical_bore()
    surface, provenance, profiles, row = trace(path, stock, 0.25 * MM, n_candidates=12)
    error = np.broadcast_to(np.array([3.0, -3.0, -23.0]) * UM, (path.n_segments, 2, 3))
    found = np.asarray(deviation(candidates_of(provenance), jnp.asarray(error)))[: len(surface.position)]
    off = found - recut_deviation(surface, path, profiles, row, np.array(error), 0.2 * MM)
    wall = surface.machined & (np.abs(surface.normal[:, 2]) < 0.1)
    assert wall.sum() > 2000
    assert np.abs(off[wall]).max() < 0.5 * UM


def test_a_shift_of_a_flat_end_mill_moves_floor_or_wall():
    path = path_of((1, [[-25, 0, -2], [25, 0, -2]]))
    surface, provenance, _, _ = trace(path, BLOCK, 0.5 * MM)
    candidates, n = candidates_of(provenance), len(surface.position)
    floor = (surface.family == 2) & surface.machined
    left = (surface.family == 1) & (surface.position[:, 1] > 0)
    for axis, where, moved in ((2, floor, 10.0), (2, left, 0.0), (1, floor, 0.0), (1, left, -10.0)):
        error = np.zeros((1, 2, 3))
        error[..., axis] = 10 * UM
        value = np.asarray(deviation(candidates, jnp.asarray(error)))[:n][where]
        # Up leaves material on the floor; towards the left wall takes it away there.
        assert value == pytest.approx(moved * UM, abs=1e-11)


def test_untouched_stock_does_not_deviate_and_padding_is_cut_off():
    path = path_of((1, [[-5, 0, -2], [5, 0, -2]]))
    surface, provenance, _, _ = trace(path, BLOCK, 0.5 * MM)
    candidates = candidates_of(provenance)
    size = len(candidates.gap)
    assert size >= len(surface.position) and size & (size - 1) == 0
    value = np.asarray(deviation(candidates, jnp.full((1, 2, 3), 7 * UM)))
    assert (value[: len(surface.position)][~surface.machined] == 0).all()


def test_sources_add_up_to_the_deviation():
    path, stock = ball_pocket()
    _, provenance, _, _ = trace(path, stock, 0.5 * MM)
    candidates = candidates_of(provenance)
    rng = np.random.default_rng(3)
    errors = jnp.asarray(rng.normal(0, 5 * UM, (3, path.n_segments, 2, 3)))
    contribution, form = deviation_by_source(candidates, errors)
    total = deviation(candidates, errors.sum(axis=0))
    assert np.abs(contribution.sum(axis=0) + form - total).max() < 1e-15


def test_gradient_and_batch():
    path, stock = ball_pocket()
    surface, provenance, _, _ = trace(path, stock, 0.5 * MM)
    candidates = candidates_of(provenance, np.flatnonzero(surface.machined))
    error = jnp.asarray(drifting_error(path))
    weight = jnp.asarray(np.random.default_rng(1).normal(size=len(candidates.gap)))

    def loss(scale):
        return jnp.sum(weight * deviation(candidates, scale * error))

    step = 1e-6
    slope = (loss(1.0 + step) - loss(1.0 - step)) / (2 * step)
    assert jax.grad(loss)(1.0) == pytest.approx(float(slope), rel=1e-6)
    scenarios = jnp.linspace(-1, 1, 5)[:, None, None, None] * error[None]
    one_by_one = jax.vmap(deviation, (None, 0))(candidates, scenarios)
    assert np.abs(jax.jit(deviations)(candidates, scenarios) - one_by_one).max() < 1e-18


def test_a_band_too_small_for_the_error_is_marked():
    # The lower of two ball passes is lifted by 60 um; the one 40 um higher would then show.
    path = path_of((2, [[-25, 0.1, -3], [25, 0.1, -3]]), (2, [[25, 0.1, -2.96], [-25, 0.1, -2.96]]))
    error = np.zeros((2, 2, 3))
    error[0, :, 2] = 60 * UM
    for band, doubt, value in ((50 * UM, False, 40 * UM), (30 * UM, True, 60 * UM)):
        surface, provenance, _, _ = trace(path, BLOCK, 0.2 * MM, band=band)
        bottom = (surface.family == 2) & (np.abs(surface.position[:, 1] - 0.1 * MM) < 1e-9)
        bottom &= np.abs(surface.position[:, 0]) < 15 * MM
        candidates = candidates_of(provenance, np.flatnonzero(bottom))
        n = bottom.sum()
        assert (np.asarray(doubtful(candidates, jnp.asarray(error)))[:n] == doubt).all()
        assert np.asarray(deviation(candidates, jnp.asarray(error)))[:n] == pytest.approx(value, abs=1e-8)
