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

    first: np.ndarray  # (bin,) first segment
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
    """The program in at most ``n_bins`` stretches, and as many more as tools change or coolant switches."""
    program, toolpath, time = machining.program, machining.toolpath, machining.time
    tool = tool_rows(scenario, toolpath.tool)
    stretch = (time[:, 0] / (machining.motion.duration / n_bins)).astype(int)
    changes = [np.diff(values, prepend=values[0]) != 0 for values in (stretch, toolpath.tool, toolpath.coolant)]
    new = np.any(changes, axis=0)
    new[0] = True
    first = np.flatnonzero(new)
    of_segment = np.cumsum(new) - 1
    began = np.append(time[first, 0], machining.motion.duration)
    began[0] = 0.0
    moving = np.add.reduceat(np.diff(time, axis=1)[:, 0], first)
    per_move = np.stack([np.abs(program.spindle), (program.coolant & 2) > 0], axis=1).astype(float)
    spent = np.concatenate([np.zeros((1, 2)), np.cumsum(per_move * np.diff(machining.motion.time)[:, None], axis=0)])
    length = np.diff(began)
    at_edges = np.stack([np.interp(began, machining.motion.time, column) for column in spent.T], axis=1)
    mean = np.diff(at_edges, axis=0) / np.maximum(length, 1e-9)[:, None]
    starting = np.zeros((len(first), len(scenario.tools)))
    turns = np.flatnonzero(program.op == Op.SPINDLE)
    change = np.abs(program.spindle[turns] - program.spindle[np.maximum(turns - 1, 0)])
    within = np.clip(np.searchsorted(began, machining.motion.time[turns], side="right") - 1, 0, len(first) - 1)
    np.add.at(
        starting, (within, tool_rows(scenario, program.tool[turns])), change / scenario.controller.spindle_acceleration
    )
    return Bins(
        first=first,
        of_segment=of_segment,
        tool=tool[first],
        waiting=np.maximum(length - moving, 0.0),
        travel=np.add.reduceat(np.abs(toolpath.end - toolpath.start), first, axis=0),
        spindle=mean[:, 0],
        flood=mean[:, 1],
        starting=starting,
    )


def tool_rows(scenario: Scenario, number: np.ndarray) -> np.ndarray:
    """Rows of the tool list of tool ``number`` (row,); 0 where none is in the spindle."""
    row = {known: place for place, known in enumerate(scenario.tools)}
    return np.array([row.get(int(n), 0) for n in number], dtype=int)
