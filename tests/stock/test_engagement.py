"""Engaged arcs against closed forms, and against the volume that the same move removes."""

import numpy as np
import pytest

from twin.machine.tool import Tool
from twin.program.program import Toolpath
from twin.stock import engagement
from twin.stock.cut import N_SLICES, Engagement
from twin.stock.envelope import profile_table
from twin.stock.grid import Grid
from twin.stock.workpiece import Stock
from twin.stock.zmap import ZMap, remove

RADIUS = 5e-3
COMMON = dict(diameter=2 * RADIUS, n_teeth=2, flute_length=0.02, stick_out=0.04)
FLAT = Tool(number=1, name="flat", kind="flat", **COMMON)
BALL = Tool(number=2, name="ball", kind="ball", **COMMON)
SMALL = Tool(number=3, name="small", kind="flat", diameter=2e-3, n_teeth=2, flute_length=0.02, stick_out=0.04)
DRILL = Tool(number=4, name="drill", kind="drill", point_angle=np.deg2rad(118), **COMMON)
TOOLS = {tool.number: tool for tool in (FLAT, BALL, SMALL, DRILL)}


def path_of(runs):
    """Feed moves through the points (point, 3) [m] of each run (points, T number), with jumps in between."""
    start = np.concatenate([np.asarray(points, float)[:-1] for points, _ in runs])
    end = np.concatenate([np.asarray(points, float)[1:] for points, _ in runs])
    number = np.concatenate([np.full(len(points) - 1, tool, np.int32) for points, tool in runs])
    n, count = len(start), np.arange(len(start), dtype=np.int32)
    up, some = np.tile([0.0, 0.0, 1.0], (n, 1)), np.full(n, 0.02)
    return Toolpath(
        start, end, up, up, np.zeros(n, bool), some, number, some, np.zeros(n, np.int8), count + 1, count,
        np.tile([0.0, 1.0], (n, 1)),
    )  # fmt: skip


def straight(begin, end, pieces):
    """Points from begin to end, in equal pieces."""
    return np.linspace(begin, end, pieces + 1)


def cut(stock: Stock, path: Toolpath, resolution: float) -> Engagement:
    profiles, row = profile_table(TOOLS, path)
    return remove(ZMap.of(stock, Grid.over(stock.lower, stock.upper, resolution)), path, profiles, row)


def block(half=20e-3, depth=10e-3) -> Stock:
    return Stock.box((-half, -half, -depth), (half, half, 0.0))


def side_cut(angle: float, ae: float, ap: float, shift: np.ndarray, tool: int, left: bool, piece: float):
    """Path that clears a wide strip and then takes ``ae`` more off its side, in the direction ``angle``.

    Returns:
        The path, and the rows in the middle of the second pass. ``left``: stock on the left of it.
    """
    along = np.array([np.cos(angle), np.sin(angle)])
    side = np.array([-along[1], along[0]]) * (1 if left else -1)

    def row(offset, pieces):
        middle = shift + offset * side
        return straight((*(middle - 9e-3 * along), -ap), (*(middle + 9e-3 * along), -ap), pieces)

    runs = [(row(-offset * RADIUS, 9), 1) for offset in (3.0, 2.0, 1.0)]
    n_before = 9 * len(runs) + 9
    runs.append((row(0.0, 9), 1))
    runs.append((row(ae, round(18e-3 / piece)), tool))
    path = path_of(runs)
    place = (path.start[n_before:, :2] - shift) @ along
    return path, n_before + np.flatnonzero(np.abs(place) < 2e-3)


@pytest.mark.parametrize("piece", [2e-3, 0.16e-3])
def test_exit_angle_of_a_side_cut(piece):
    """Flat cutter: up-milling leaves at acos(1 - ae / R), down-milling enters at pi minus that; 0.1 mm cells."""
    rng = np.random.default_rng(7)
    error, side = [], []
    for left in (True, False):
        for _ in range(20):
            ae = rng.uniform(0.3e-3, 9.7e-3)
            shift = rng.uniform(-0.5e-3, 0.5e-3, 2)
            path, rows = side_cut(rng.uniform(0, 2 * np.pi), ae, 2e-3, shift, 1, left, piece)
            found = cut(block(), path, 0.1e-3)
            arc = found.arc[rows[:: max(1, len(rows) // 4)], N_SLICES // 2, 0]
            expected = np.arccos(1 - ae / RADIUS)
            inner, outer = (arc[:, 1], arc[:, 0]) if left else (np.pi - arc[:, 0], np.pi - arc[:, 1])
            error.append(np.rad2deg(inner - expected))
            side.append(np.rad2deg(outer))
            assert found.depth[rows] == pytest.approx(2e-3, abs=1e-8)
    error, side = np.concatenate(error), np.concatenate(side)
    assert np.std(error) < 1.0
    assert abs(np.mean(error)) < 0.3
    assert np.abs(side).max() < 5.0  # the side of the tool: no chip there, the map cannot tell nearer


def test_ball_side_cut_slice_by_slice():
    """Ball raster: a slice of radius r(z) leaves where the scallop of the last row stands."""
    step, ap = 0.5e-3, 1e-3
    rows = [(straight((-9e-3, y, -ap), (9e-3, y, -ap), 18), 2) for y in np.arange(-4, 1) * step]
    found = cut(block(), path_of(rows), 0.1e-3)
    middle = 4 * 18 + 9
    assert found.depth[middle] == pytest.approx(ap, abs=2e-6)
    z = (np.arange(N_SLICES) + 0.5) / N_SLICES * ap
    r = np.sqrt(RADIUS**2 - (RADIUS - z) ** 2)
    # at height z the last row cleared up to r beside its own axis: the point r cos(phi) beside this axis is in
    # stock while step + r cos(phi) > r
    expected = np.arccos(1 - step / r[r > step / 2])
    got = found.arc[middle, r > step / 2, 0, 1]
    error = np.rad2deg(got - expected)
    assert np.abs(error[4:]).max() < 3.0
    assert np.sqrt(np.mean(error[4:] ** 2)) < 1.5


@pytest.mark.parametrize("tool", [1, 2])
@pytest.mark.parametrize("piece", [2e-3, 0.3e-3])
def test_arcs_sweep_the_removed_volume(tool, piece):
    """Slice height times the width across the feed, times the length, is the volume of a level move."""
    for ae in (0.7e-3, 2.3e-3, 6e-3):
        path, rows = side_cut(0.4, ae, 2e-3, np.zeros(2), tool, True, piece)
        found = cut(block(), path, 0.1e-3)
        ap = found.depth[rows, None]
        z = (np.arange(N_SLICES) + 0.5) / N_SLICES * ap
        r = np.full_like(z, RADIUS) if tool == 1 else np.sqrt(RADIUS**2 - (RADIUS - z) ** 2)
        width = np.nansum(np.cos(found.arc[rows, :, :, 0]) - np.cos(found.arc[rows, :, :, 1]), axis=2) * r
        swept = (width * ap / N_SLICES).sum(axis=1) * path.length[rows]
        assert swept.sum() == pytest.approx(found.volume[rows].sum(), rel=0.03)


@pytest.mark.parametrize("tool", [1, 2])
@pytest.mark.parametrize("piece", [2e-3, 0.16e-3])
def test_slot_engages_the_leading_half(tool, piece):
    path = path_of([(straight((-9e-3, -3e-3, -2e-3), (9e-3, 4e-3, -2e-3), round(19.3e-3 / piece)), tool)])
    found = cut(block(), path, 0.1e-3)
    middle = path.n_segments // 2
    arc = found.arc[middle]
    assert np.isnan(arc[:, 1]).all()
    upper = slice(4, None) if tool == 2 else slice(None)  # slices of a few cells only at a ball's tip
    assert arc[upper, 0, 0] == pytest.approx(0.0, abs=np.deg2rad(4))
    assert arc[upper, 0, 1] == pytest.approx(np.pi, abs=np.deg2rad(4))


@pytest.mark.parametrize("tool", [1, 2, 4])
def test_plunge_engages_the_whole_turn(tool):
    points = [(1.03e-3, 0.4e-3, z) for z in (2e-3, 0.5e-3, -1e-3, -2e-3)]
    found = cut(block(), path_of([(points, tool)]), 0.1e-3)
    assert found.depth == pytest.approx([0.0, 1e-3, 1e-3 if tool == 1 else 2e-3], abs=1e-8)
    assert found.arc[1:, :, 0] == pytest.approx(np.broadcast_to([0.0, 2 * np.pi], (2, N_SLICES, 2)), abs=1e-6)
    assert np.isnan(found.arc[0]).all()


def test_plunge_into_its_own_hole_engages_nothing():
    found = cut(block(), path_of([(((0, 0, 1e-3), (0, 0, -2e-3), (0, 0, 1e-3), (0, 0, -2e-3)), 1)]), 0.1e-3)
    assert found.volume[0] > 0
    assert (found.volume[1:] == 0).all() and np.isnan(found.arc[1:]).all()


def test_channel_ahead_gives_two_arcs():
    """A slot of half the width first: the big tool then cuts on both sides of it only."""
    runs = [(straight((-15e-3, y, -2e-3), (15e-3, y, -2e-3), 1), 3) for y in (-1.5e-3, -0.5e-3, 0.5e-3, 1.5e-3)]
    runs.append((straight((-9e-3, 0, -2e-3), (9e-3, 0, -2e-3), 9), 1))
    found = cut(block(), path_of(runs), 0.1e-3)
    inner = np.arccos(2.5e-3 / RADIUS)
    arc = np.rad2deg(found.arc[4 + 4])
    expected = np.rad2deg([[0.0, inner], [np.pi - inner, np.pi]])
    assert np.abs(arc - expected).max() < 4.0
    assert np.abs(arc[:, 0, 1] - expected[0, 1]).max() < 1.5
    assert not found.overflow.any()


def test_three_arcs_are_said():
    """Two channels leave three ridges; the two nearest arcs are joined and the move is marked."""
    runs = [(straight((-15e-3, y, -2e-3), (15e-3, y, -2e-3), 1), 3) for y in (-2.4e-3, 2.4e-3)]
    runs.append((straight((-9e-3, 0, -2e-3), (9e-3, 0, -2e-3), 9), 1))
    found = cut(block(), path_of(runs), 0.1e-3)
    assert found.overflow[2 + 4]
    assert np.isfinite(found.arc[2 + 4]).all()


def test_ramp_down_engages_behind_the_normals():
    """A ball that goes down at 30 degrees faces its feed where sin(phi) > -tan(30) / slope of the ball there."""
    drop = np.tan(np.deg2rad(30))
    points = straight((-6e-3, 0, 0), (0, 0, -6e-3 * drop), 6)
    found = cut(block(), path_of([(points, 2)]), 0.1e-3)
    depth = found.depth[-1]
    z = (np.arange(N_SLICES) + 0.5) / N_SLICES * depth
    steep = np.sqrt(RADIUS**2 - (RADIUS - z) ** 2) / (RADIUS - z)
    limit = np.arcsin(np.clip(drop / steep, 0, 1))
    whole = drop > steep
    assert whole.any()
    assert found.arc[-1, whole, 0] == pytest.approx(np.broadcast_to([0, 2 * np.pi], (whole.sum(), 2)), abs=0.1)
    partly = (limit > 0.15) & ~whole
    assert partly.any()
    # the part before the left normal stands at the end of the turn
    assert found.arc[-1, partly, 0, 0] == pytest.approx(0.0)
    assert found.arc[-1, partly, 0, 1] == pytest.approx(np.pi + limit[partly], abs=np.deg2rad(4))
    assert found.arc[-1, partly, 1] == pytest.approx(
        np.stack([2 * np.pi - limit[partly], np.full(partly.sum(), 2 * np.pi)], axis=1), abs=np.deg2rad(4)
    )


def test_air_engages_nothing():
    found = cut(block(), path_of([(((-9e-3, 0, 1e-3), (9e-3, 0, 1e-3), (9e-3, 30e-3, 5e-3)), 1)]), 0.25e-3)
    assert (found.volume == 0).all() and (found.depth == 0).all() and np.isnan(found.arc).all()


def test_arcs_ascend_whatever_the_votes():
    """Also where the last step between looks is shorter than the others."""
    random = np.random.default_rng(5)
    bounds = np.zeros((engagement.MOST_ARCS, 2), np.int64)
    for n_looks in np.array([1, 2, 3, 6]) * engagement.BLOCK:
        for first, last in ((0, 960), (0, 481), (13, 700), (-200, 333)):
            vote = random.uniform(-1, 1, (1, n_looks // engagement.BLOCK, engagement.BLOCK)).astype(np.float32)
            step = engagement._step(first, last, n_looks)
            n = engagement._find_arcs(vote, 0, n_looks, step, first, last, bounds)
            flat = bounds[:n].ravel()
            assert n > 0 and flat[0] >= first and flat[-1] <= last
            assert (np.diff(flat) >= 0).all(), (n_looks, first, last, flat)
