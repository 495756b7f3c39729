"""How feed and speed move the program in time: exact time laws at a few positions of the switches, lines between.

A tool starts and ends at rest, so that what its switch does to the motion stays within its own part of the program.
The time of a piece is followed over 1 / feed: a straight line wherever the feed, or the machine, limits the speed.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array
from twin.motion import segment_times, servo_error, time_law
from twin.override import ProcessConfig, driven
from twin.prediction import Machining
from twin.program import Op
from twin.scenario import Scenario

N_BINS = 1024  # stretches of the program over which heat is summed
SHORT = 1e-3  # [s] no shorter stretch


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Lines:
    """Straight lines between nodes of a variable."""

    node: Array  # (node,) ascending

    def weights(self, at: jax.Array) -> jax.Array:
        """Share of each node (..., node) at ``at`` (...); beyond the nodes the outermost lines go on."""
        n = len(self.node)
        if n == 1:
            return jnp.ones((*at.shape, 1))
        k = jnp.clip(jnp.searchsorted(self.node, at, side="right") - 1, 0, n - 2)
        share = (at - self.node[k]) / (self.node[k + 1] - self.node[k])
        place = jnp.arange(n)
        low = (place == k[..., None]).astype(float)
        high = (place == k[..., None] + 1).astype(float)
        return low * (1 - share)[..., None] + high * share[..., None]


@dataclass(frozen=True)
class Timing:
    """When the program does what, at every node of the feed."""

    slowness: Lines  # nodes of 1 / feed factor
    seconds: np.ndarray  # (node, segment) [s] of each piece
    servo: np.ndarray | None  # (node, used, 2, 3) [m] contouring error of the pieces used


@dataclass(frozen=True)
class Bins:
    """Stretches of the program: of one tool each, no longer than a share of the run."""

    edges: np.ndarray  # (bin + 1,) [s] in the run
    of_segment: np.ndarray  # (segment,) bin of each
    tool: np.ndarray  # (bin,) row of the tool list
    waiting: np.ndarray  # (bin,) [s] without motion, whatever the feed
    travel: np.ndarray  # (bin, 3) [m] of X, Y, Z
    spindle: np.ndarray  # (bin,) [rad/s] mean over its time
    flood: np.ndarray  # (bin,) share of its time
    starting: np.ndarray  # (bin, tool) [s] of the waiting in which the spindle changes its speed


def feed_nodes(low: float, high: float, most: int) -> np.ndarray:
    """Feed factors at which the motion is computed, (node,) with 1 / factor ascending; 1 is one of them."""
    if low == high == 1.0:
        return np.ones(1)
    low, high = min(low, 1.0), max(high, 1.0)
    slowness = np.linspace(1 / high, 1 / low, most)
    slowness[np.argmin(np.abs(slowness - 1.0))] = 1.0
    slowness[[0, -1]] = (1.0 if high == 1.0 else 1 / high), (1.0 if low == 1.0 else 1 / low)
    return 1 / np.unique(slowness)


def timing(scenario: Scenario, machining: Machining, factors: np.ndarray, used: np.ndarray) -> Timing:
    """The motion of the run with every feed ``factor`` times its own.

    Args:
        scenario: of the run.
        machining: of the run.
        factors: (node,) as :func:`feed_nodes` gives them.
        used: (used,) segments whose contouring error is wanted.
    """
    toolpath = machining.toolpath

    def at(factor: float) -> tuple[np.ndarray, np.ndarray]:
        if factor == 1.0:
            program, motion, time = machining.program, machining.motion, machining.time
        else:
            turned = ProcessConfig(feed=factor)
            program, _ = driven(turned, machining.program, toolpath)
            motion = time_law(program, scenario.controller)
            time = segment_times(motion, program, toolpath)
        servo = np.where(
            toolpath.rapid[:, None, None], 0.0, servo_error(program, motion, scenario.controller, toolpath)
        )
        return np.diff(time, axis=1)[:, 0], servo[used]

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(at, factors))
    return Timing(Lines(1 / factors), np.stack([f[0] for f in found]), np.stack([f[1] for f in found]))


def bins_of(scenario: Scenario, machining: Machining, n_bins: int = N_BINS) -> Bins:
    """The program in about ``n_bins`` stretches; apart where it waits, the tool, the spindle or the coolant changes."""
    program, toolpath, time = machining.program, machining.toolpath, machining.time
    motion, own = machining.motion, np.diff(machining.time, axis=1)[:, 0]
    per_move = np.stack([np.abs(program.spindle), (program.coolant & 2) > 0], axis=1).astype(float)
    switched = np.any(np.diff(per_move, axis=0, prepend=per_move[:1]) != 0, axis=1)
    gap = np.append(time[1:, 0], motion.duration) - time[:, 1] > SHORT
    changed = np.diff(toolpath.tool, prepend=toolpath.tool[0]) != 0
    even = (time[:, 0] / (motion.duration / n_bins)).astype(int)
    starts = changed | (np.diff(even, prepend=even[0]) != 0) | np.append(False, gap[:-1])
    edges = np.unique(np.concatenate([[0.0], time[starts, 0], time[gap, 1], motion.time[:-1][switched]]))
    edges = np.append(edges[np.append(np.diff(edges), motion.duration - edges[-1]) > SHORT], motion.duration)
    edges[0] = 0.0
    length, n = np.diff(edges), len(edges) - 1
    of_segment = np.clip(np.searchsorted(edges, time.mean(axis=1), side="right") - 1, 0, n - 1)
    spent = np.concatenate([np.zeros((1, 2)), np.cumsum(per_move * np.diff(motion.time)[:, None], axis=0)])
    at_edges = np.stack([np.interp(edges, motion.time, column) for column in spent.T], axis=1)
    mean = np.diff(at_edges, axis=0) / length[:, None]
    starting = np.zeros((n, len(scenario.tools)))
    turns = np.flatnonzero(program.op == Op.SPINDLE)
    change = np.abs(program.spindle[turns] - program.spindle[np.maximum(turns - 1, 0)])
    within = np.clip(np.searchsorted(edges, motion.time[turns], side="right") - 1, 0, n - 1)
    wait = change / scenario.controller.spindle_acceleration
    np.add.at(starting, (within, tool_rows(scenario, program.tool[turns])), wait)
    middle = np.clip(np.searchsorted(motion.time, edges[:-1] + length / 2, side="right") - 1, 0, program.n_moves - 1)
    return Bins(
        edges=edges,
        of_segment=of_segment,
        tool=tool_rows(scenario, program.tool[middle]),
        waiting=np.maximum(length - summed(own, of_segment, n), 0.0),
        travel=summed(np.abs(toolpath.end - toolpath.start).T, of_segment, n).T,
        spindle=mean[:, 0],
        flood=mean[:, 1],
        starting=starting,
    )


def summed(values: np.ndarray, of_segment: np.ndarray, n_bins: int) -> np.ndarray:
    """Sums (..., bin) of ``values`` (..., segment) over the segments of each bin, which ascends along the path."""
    bins, first = np.unique(of_segment, return_index=True)
    out = np.zeros((*values.shape[:-1], n_bins))
    out[..., bins] = np.add.reduceat(values, first, axis=-1)
    return out


def tool_rows(scenario: Scenario, number: np.ndarray) -> np.ndarray:
    """Rows of the tool list of tool ``number`` (row,); 0 where none is in the spindle."""
    row = {known: place for place, known in enumerate(scenario.tools)}
    return np.array([row.get(int(n), 0) for n in number], dtype=int)
