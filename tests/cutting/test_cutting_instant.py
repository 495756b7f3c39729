"""Forces within a revolution: a simulation that keeps the surface in memory, dense sampling, convergence."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cutting_cases import ALUMINIUM, OMEGA, loads_of, make_contact, make_engagement, make_path, make_tool

from twin.cutting import contact, cutters, loads
from twin.cutting.edge import edge_elements
from twin.cutting.instant import instant_force
from twin.cutting.mean import mean_force

N_GRID = 1440  # angles of the simulated revolution
PER_TOOTH = 40e-6


def simulate(tool, n_lag, arc, per_tooth):
    """Force ahead, left, up and torque (angle, 4) of a flat end mill, from the surface that teeth leave behind.

    Surface points move by the advance along sin(phi); each tooth cuts what stands before it and leaves its own
    radius behind. Slices trail each other by one grid angle; three revolutions settle it.
    """
    k, radius = ALUMINIUM, tool.radius
    step = 2 * np.pi / N_GRID
    thickness = step * radius / np.tan(tool.helix)  # of a slice
    pitch = np.array(tool.pitch or [2 * np.pi / tool.n_teeth] * tool.n_teeth)
    position = np.concatenate([[0], np.cumsum(pitch)[:-1]])
    trail = np.rint(position / step).astype(int)[:, None] + np.arange(n_lag)  # (tooth, slice) grid angles
    middle = np.arange(n_lag) * step
    outward = tool.runout * np.cos(tool.runout_angle - position[:, None] - middle)
    phi = np.arange(N_GRID) * step
    surface = np.full((n_lag, N_GRID), -np.inf)
    rows = np.broadcast_to(np.arange(n_lag), trail.shape)
    advance = tool.n_teeth * per_tooth / N_GRID
    forces = np.zeros((N_GRID, 4))
    for time in range(4 * N_GRID):
        at = (time - trail) % N_GRID
        reach = outward + time * advance * np.sin(phi[at])
        chip = np.clip(reach - surface[rows, at], 0.0, None)
        if time >= 3 * N_GRID:
            chip = np.where((phi[at] >= arc[0]) & (phi[at] <= arc[1]) & (chip > 1e-12), chip, 0.0)
            touch = chip > 0
            tangential = (k.ktc * chip + k.kte * touch) * thickness
            radial = (k.krc * chip + k.kre * touch) * thickness
            axial = (k.kac * chip + k.kae * touch) * thickness
            sine, cosine = np.sin(phi[at]), np.cos(phi[at])
            forces[time % N_GRID] = [
                np.sum(-tangential * cosine - radial * sine),
                np.sum(tangential * sine - radial * cosine),
                -np.sum(axial),
                np.sum(tangential) * radius,
            ]
        surface[rows, at] = np.maximum(surface[rows, at], reach)
    return forces


EVEN = make_tool()
UNEVEN = make_tool(pitch=tuple(np.radians([80, 100, 85, 95])))
RUNOUT = make_tool(runout=12e-6, runout_angle=0.7)
WILD = make_tool(runout=45e-6, runout_angle=2.0, pitch=tuple(np.radians([80, 100, 85, 95])))  # some teeth never cut


@pytest.mark.parametrize("arc", [(0.0, 1.2), (2.2, np.pi)], ids=["up", "down"])
@pytest.mark.parametrize("tool", [EVEN, UNEVEN, RUNOUT, WILD], ids=["even", "uneven", "runout", "wild"])
def test_against_a_simulation_with_memory(tool, arc):
    n_lag = 240  # grid angles of helix lag: 60 degrees
    depth = n_lag * 2 * np.pi / N_GRID * tool.radius / np.tan(tool.helix)
    simulated = simulate(tool, n_lag, arc, PER_TOOTH)
    found = loads_of(tool, depth, [arc], PER_TOOTH)
    resultant = np.linalg.norm(simulated[:, :3], axis=1).max()
    # the simulation itself is coarse by half a grid angle at the ends of the arcs: 0.2 %
    assert found.resultant_peak[0] == pytest.approx(resultant, rel=1e-2)
    assert found.torque_peak[0] == pytest.approx(simulated[:, 3].max(), rel=1e-2)
    mean = simulated.mean(axis=0)
    assert found.force_mean[0] == pytest.approx(mean[:3], abs=5e-3 * resultant)
    assert found.torque_mean[0] == pytest.approx(mean[3], rel=6e-3)
    largest = simulated[np.abs(simulated[:, :3]).argmax(axis=0), np.arange(3)]
    assert found.force_peak[0] == pytest.approx(largest, abs=1e-2 * resultant)


def random_path(n, tools, seed=0):
    """Segments with every combination of tools, arcs (two in a third of them), depths, descents and spindle senses.

    The arcs' ends drift with the height, as on a rounded tip or beside a slope.
    """
    random = np.random.default_rng(seed)
    ends = np.sort(random.uniform(0, np.pi, (n, 1, 4)), axis=-1)
    gap = np.diff(ends, axis=-1)
    drift = 0.4 * gap.min(axis=-1, keepdims=True) * random.uniform(-1, 1, (n, 1, 4))
    ends = np.clip(ends + drift * np.linspace(0, 1, 16)[:, None], 0, np.pi)
    engagement = make_engagement(0.0, [], n)
    engagement.arc[:, :, 0] = ends[..., :2]
    engagement.arc[:, :, 1] = np.where(random.random((n, 1, 1)) < 0.3, ends[..., 2:], np.nan)
    engagement.depth[:] = random.uniform(0.5e-3, 8e-3, n)
    direction = random.normal(size=(n, 3)) * [1, 1, 0.1]
    direction[:, 2] = np.minimum(direction[:, 2], 0.0)  # half level, half downwards: every arc has a chip
    spindle = OMEGA * random.choice([-1, 1], n)
    path = make_path(direction, tool=random.choice([t.number for t in tools], n), spindle=spindle)
    return contact(engagement, path, cutters(tools)), jnp.asarray(random.uniform(0.005, 0.05, n)), jnp.asarray(spindle)


TOOLS = [
    make_tool(number=1),
    make_tool(number=2, kind="ball", n_teeth=2),
    make_tool(number=3, kind="bull", corner_radius=2e-3, n_teeth=3, helix=np.radians(40)),
    make_tool(number=4, helix=0.0),
]
UNLIKE = [*TOOLS[:3], make_tool(number=4, runout=10e-6, pitch=tuple(np.radians([80, 100, 85, 95])))]


@pytest.mark.parametrize("tools", [TOOLS, UNLIKE], ids=["alike", "unlike"])
def test_peaks_against_dense_sampling(tools):
    """No sampled angle gives more than the peak that was found, and the peak is one of the forces that occur."""
    mills, n = cutters(tools), 256
    touch, feed, spindle = random_path(n, tools)
    found = loads(touch, feed, spindle, mills, ALUMINIUM)
    edge = edge_elements(touch, spindle > 0, mills)
    rotation = jnp.broadcast_to(jnp.linspace(0, 2 * np.pi, 1440)[:, None], (1440, n))
    force = jax.jit(instant_force)(edge, 2 * np.pi * feed / jnp.abs(spindle), ALUMINIUM, rotation)
    resultant = jnp.max(jnp.linalg.norm(force[:3], axis=0), axis=0)
    helical = np.asarray(touch.tool) < 3  # 1440 angles miss the jumps of a straight edge, and some of a bottom edge's
    for scale, largest, peak in (
        (resultant, resultant, found.resultant_peak),
        (jnp.max(force[3], axis=0), jnp.max(force[3], axis=0), found.torque_peak),
        (resultant, jnp.max(jnp.abs(force[2]), axis=0), jnp.abs(found.force_peak[:, 2])),
    ):
        missing = np.asarray((largest - peak) / jnp.maximum(scale, 1.0))
        assert np.all(missing < 0.06)  # two arcs on a ramp: the bottom edge enters the second between two angles
        assert np.mean(missing > 0.005) < 0.06
        assert np.quantile(missing[helical], 0.05) > -0.005


@pytest.mark.parametrize("tools", [TOOLS, UNLIKE], ids=["alike", "unlike"])
def test_mean_of_the_revolution_is_the_closed_form(tools):
    """The closed form against the mean over 1440 instants, which meets the ends of arcs only to its step."""
    mills, n = cutters(tools), 256
    touch, feed, spindle = random_path(n, tools)
    edge = edge_elements(touch, spindle > 0, mills)
    rotation = jnp.broadcast_to(jnp.arange(1440.0)[:, None] * (2 * np.pi / 1440), (1440, n))
    inputs = (edge, 2 * np.pi * feed / jnp.abs(spindle), ALUMINIUM)
    sampled = jnp.mean(jax.jit(instant_force)(*inputs, rotation), axis=1)
    exact = mean_force(*inputs)
    error = np.max(np.abs(np.asarray(exact - sampled)[:3]), axis=0) / np.linalg.norm(np.asarray(exact[:3]), axis=0)
    wide = np.asarray(jnp.max(touch.arc[:, :, 0, 1] - touch.arc[:, :, 0, 0], axis=1)) > 0.2
    smooth = np.asarray((touch.tool < 3) & (touch.descent == 0))  # no edge enters all at once
    assert np.all(error[wide] < 0.012)
    assert np.max(error[wide & smooth]) < 1e-3
    assert np.median(error[smooth]) < 1e-4


@pytest.mark.long
def test_convergence_in_slices():
    """Forces of a helical cutter converge with the slices: second order; a ball's tip, where the profile starts
    level, with the three-halves."""
    mills = cutters([make_tool(), make_tool(number=2, kind="ball")])
    path = make_path([(1, 0, 0)] * 2, tool=[1, 2])
    values = []
    for n_slices in (8, 16, 32, 256):
        touch = contact(make_engagement(8e-3, [(0.3, 2.0)], 2, n_slices), path, mills)
        edge = edge_elements(touch, jnp.ones(2, dtype=bool), mills)
        force = instant_force(edge, jnp.full(2, 4 * PER_TOOTH), ALUMINIUM, jnp.asarray([[0.9, 0.9], [1.4, 1.4]]))
        values.append(np.asarray(force))
    errors = np.array([np.max(np.abs(value - values[-1]), axis=(0, 1)) for value in values[:-1]])  # (slices, tool)
    assert np.all(errors[1] < 2e-3 * np.max(np.abs(values[-1]), axis=(0, 1)))
    orders = np.log2(errors[0] / errors[2]) / 2
    assert orders[0] > 1.9
    assert orders[1] > 1.4


@pytest.mark.long
def test_step_of_a_straight_edge():
    """A straight edge takes its whole depth at once: before the arc nothing, within it the textbook force."""
    tool = make_tool(helix=0.0, n_teeth=1)
    touch, mills = make_contact(tool, 5e-3, [(0.5, 1.5)])
    edge = edge_elements(touch, jnp.ones(1, dtype=bool), mills)
    rotation = jnp.asarray([[0.49], [0.51], [1.49], [1.51]])
    force = instant_force(edge, jnp.asarray([PER_TOOTH]), ALUMINIUM, rotation)
    tangential = 5e-3 * (ALUMINIUM.ktc * PER_TOOTH * np.sin([0.51, 1.49]) + ALUMINIUM.kte)
    assert force[3, :, 0] == pytest.approx([0, *(tangential * tool.radius), 0], rel=1e-7)  # it enters over 1e-7 rad
