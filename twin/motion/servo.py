"""The servo loops: from commanded to actual position, sampled at the servo rate.

Each linear axis follows its command c through a position loop with speed feed-forward,

    x' = Kv (c - x) + f c',

so that at constant speed it lags by (1 - f) c' / Kv and on a circle of radius r at angular speed w its radius
shrinks to r sqrt((Kv2 + f2 w2) / (Kv2 + w2)). Behind the loop come lost motion (a play of width ``backlash``) and an
error after each reversal, ``friction_spike`` exp(-d / friction_decay), d the distance travelled since.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array, kept
from twin.motion.controller import Axis, Controller
from twin.motion.law import time_at
from twin.motion.motion import Motion
from twin.motion.track import programmed_point, sample, track_of
from twin.program.program import Program, Toolpath

ROW = 64  # samples filtered by one product with a triangular matrix
N_ABEAM = 3  # Newton steps to the actual point abeam of a programmed one
FOUND = 1e-7  # [m] that point lies nearer than this to the plane across the path
ROWS = 1 << 12  # points whose surroundings are searched at a time


@dataclass(frozen=True)
class ServoBlock:
    """A stretch of servo samples; SI units."""

    time: np.ndarray  # (sample,) [s]
    commanded: np.ndarray  # (sample, 3) [m] tool tip, X Y Z
    actual: np.ndarray  # (sample, 3) [m]
    move: np.ndarray  # (sample,) row of the Program


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Loops:
    """Servo parameters of X, Y, Z, (3,) each; SI units."""

    gain: Array  # [1/s]
    lag_share: Array  # 1 - feed-forward; 0 where the axis follows exactly
    play: Array  # [m] half the lost motion
    spike: Array  # [m]
    decay: Array  # [m]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ServoState:
    """What the servo loops remember from sample to sample, (3,) each; SI units."""

    commanded: Array  # [m]
    lag: Array  # [m] command minus motor position
    load: Array  # [m] position behind the play
    direction: Array  # sign of the last motion, 0 before the first
    travelled: Array  # [m] since the last reversal


def servo_samples(
    program: Program, motion: Motion, controller: Controller, *, period: float = 1e-3, chunk: int = 1 << 15
) -> Iterator[ServoBlock]:
    """Yield commanded and actual positions every ``period`` [s], ``chunk`` samples at a time (a multiple of 64)."""
    track = track_of(program, motion)
    n = int(np.floor(motion.duration / period)) + 1
    loops = servo_loops(controller)
    state = None
    for first in range(0, n, chunk):
        time = np.minimum(np.arange(first, first + chunk) * period, motion.duration)
        commanded, move = sample(track, time)
        if loops is None:
            actual = commanded
        else:
            state = servo_start(commanded[0]) if state is None else state
            actual, state = _respond(commanded, state, loops, period)
        last = min(chunk, n - first)
        yield ServoBlock(time[:last], commanded[:last], np.asarray(actual)[:last], move[:last])


def servo_error(
    program: Program, motion: Motion, controller: Controller, toolpath: Toolpath, *, period: float = 1e-3
) -> np.ndarray:
    """Contouring error at both ends of each piece of ``toolpath``: actual minus programmed path, (segment, 2, 3) [m].

    The actual point is the one abeam of the programmed point, in the plane across the path, or the nearest one where
    none lies abeam: a lag along the path moves no surface and is left out. Rounded corners, lost motion and gain
    mismatch of the axes stay in.
    """
    samples = [block.actual for block in servo_samples(program, motion, controller, period=period)]
    return abeam(program, motion, controller, toolpath, np.concatenate(samples), period)[0].reshape(-1, 2, 3)


def abeam(
    program: Program, motion: Motion, controller: Controller, toolpath: Toolpath, actual: np.ndarray, period: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the actual path passes the ends of the pieces of ``toolpath``, two points a piece.

    Args:
        actual: (sample, 3) [m] positions every ``period`` [s].

    Returns:
        error across the path (point, 3) [m], when the actual point is there (point,) [s], tangent (point, 3).
    """
    move = np.repeat(toolpath.move, 2)
    path = toolpath.fraction.ravel() * motion.length[move]
    time = motion.time[move] + time_at(motion, move, motion.run_path(move, path))
    point = programmed_point(track_of(program, motion), move, path)
    # Tangent of the programmed path at that end of the piece.
    step = np.repeat(toolpath.end - toolpath.start, 2, axis=0)
    length = np.linalg.norm(step, axis=1, keepdims=True)
    tangent = np.divide(step, length, out=np.zeros_like(step), where=length > 0)
    lag = _longest_lag(controller)
    passed = time.copy()
    for _ in range(N_ABEAM):
        position, speed = interpolated(actual, passed, period)
        ahead = np.einsum("ij,ij->i", position - point, tangent)
        rate = np.einsum("ij,ij->i", speed, tangent)
        shift = np.divide(ahead, rate, out=np.zeros_like(ahead), where=rate > 1e-9)
        passed = np.clip(passed - shift, time - lag, time + lag)
    error = interpolated(actual, passed, period)[0] - point
    now = interpolated(actual, time, period)[0] - point
    # At a corner, or where the axes rest, no point may lie abeam: there the step ran off along the next move.
    astray = np.flatnonzero(
        (np.abs(np.einsum("ij,ij->i", error, tangent)) > FOUND) | (np.sum(error**2, axis=1) > np.sum(now**2, axis=1))
    )
    error[astray] = _nearest(actual, point[astray], time[astray], lag, period)
    error -= np.einsum("ij,ij->i", error, tangent)[:, None] * tangent
    return error, passed, tangent


def servo_start(position: np.ndarray) -> ServoState:
    """State at rest at ``position`` (3,) [m], in the middle of the play."""
    place = np.asarray(position, float)
    rest = np.zeros_like(place)
    return ServoState(place, rest, place, rest, np.full_like(place, 1e3))


def servo_response(
    commanded: Array, state: ServoState, loops: Loops, period: float | Array
) -> tuple[Array, ServoState]:
    """Actual positions (sample, 3) [m] for ``commanded`` (sample, 3), and the state after them. Pure JAX.

    The command runs straight from sample to sample; under it the loop is solved exactly.
    """
    before = jnp.concatenate([state.commanded[None], commanded[:-1]])
    decay = jnp.exp(-loops.gain * period)
    share = loops.lag_share * (1.0 - decay) / (loops.gain * period)
    lag = _first_order((commanded - before) * share[None], state.lag, decay)
    motor = commanded - lag
    load = _play(motor, state.load, loops.play)
    moved = motor - jnp.concatenate([(state.commanded - state.lag)[None], motor[:-1]])
    direction, travelled = _since_reversal(moved, state)
    spike = loops.spike[None] * jnp.exp(-travelled / loops.decay[None])
    return load - direction * spike, ServoState(commanded[-1], lag[-1], load[-1], direction[-1], travelled[-1])


_respond = kept(servo_response)


def _first_order(drive: Array, start: Array, decay: Array) -> Array:
    """y[k] = decay y[k-1] + drive[k]: rows of ROW samples by a triangular product, carried from row to row."""
    n = drive.shape[0]
    power = jnp.arange(ROW, dtype=float)
    behind = power[:, None] - power[None]
    kernel = jnp.where((behind >= 0)[None], decay[:, None, None] ** jnp.maximum(behind, 0.0)[None], 0.0)
    rows = jnp.einsum("akj,rja->rka", kernel, drive.reshape(n // ROW, ROW, -1))

    def carry(last: Array, row: Array) -> tuple[Array, Array]:
        return row + decay**ROW * last, last

    _, starts = jax.lax.scan(carry, start, rows[:, -1])
    memory = decay[None, :] ** (power + 1)[:, None]
    return (rows + starts[:, None] * memory[None]).reshape(n, -1)


def _play(position: Array, start: Array, half: Array) -> Array:
    """Position behind a play: it follows when pushed. Limits to an interval compose to limits again."""

    def after(first: tuple[Array, Array], second: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = second
        return jnp.clip(first[0], low, high), jnp.clip(first[1], low, high)

    rows = (position.shape[0] // ROW, ROW, -1)
    low, high = jax.lax.associative_scan(
        after, ((position - half[None]).reshape(rows), (position + half[None]).reshape(rows)), axis=1
    )

    def carry(last: Array, row: tuple[Array, Array]) -> tuple[Array, Array]:
        return jnp.clip(last, *row), last

    _, starts = jax.lax.scan(carry, start, (low[:, -1], high[:, -1]))
    return jnp.clip(starts[:, None], low, high).reshape(position.shape)


def _since_reversal(moved: Array, state: ServoState) -> tuple[Array, Array]:
    """Direction of motion and distance travelled since it last changed, (sample, 3) each."""
    sign = jnp.where(jnp.abs(moved) > 1e-12, jnp.sign(moved), 0.0)
    index = jnp.arange(moved.shape[0])[:, None]
    last = jax.lax.cummax(jnp.where(sign != 0, index, -1))
    direction = jnp.where(last >= 0, jnp.take_along_axis(sign, jnp.maximum(last, 0), 0), state.direction[None])
    before = jnp.concatenate([state.direction[None], direction[:-1]])
    covered = state.travelled[None] + jnp.cumsum(jnp.abs(moved), axis=0)
    reversal = (direction != before) & (before != 0)
    # The distance covered never falls, so that the last reversal is the running maximum.
    origin = jax.lax.cummax(jnp.where(reversal, covered - jnp.abs(moved), 0.0))
    return direction, covered - origin


def servo_loops(controller: Controller) -> Loops | None:
    """Servo parameters of the three axes; None where every axis follows exactly."""
    axes = [controller.axis.get(name) for name in "xyz"]
    if all(a is None or (a.gain is None and a.backlash == 0 and a.friction_spike == 0) for a in axes):
        return None

    def column(values: list) -> Array:
        traced = any(isinstance(value, jax.core.Tracer) for value in values)
        return jnp.stack([jnp.asarray(v, float) for v in values]) if traced else np.asarray(values, float)

    present = [axis if axis is not None else Axis(velocity=1.0, acceleration=1.0) for axis in axes]
    return Loops(
        gain=column([1.0 if a.gain is None else a.gain for a in present]),
        lag_share=column([0.0 if a.gain is None else 1.0 - a.feed_forward for a in present]),
        play=column([0.5 * a.backlash for a in present]),
        spike=column([a.friction_spike for a in present]),
        decay=column([a.friction_decay for a in present]),
    )


def _longest_lag(controller: Controller) -> float:
    """Time within which the actual point is sought [s]."""
    gains = [axis.gain for axis in controller.axis.values() if axis.gain is not None]
    return 5.0 / min(gains) if gains else 0.0


def _nearest(actual: np.ndarray, point: np.ndarray, time: np.ndarray, lag: float, period: float) -> np.ndarray:
    """From each ``point`` (point, 3) to the nearest sample within ``lag`` [s] of its ``time`` (point,)."""
    reach = np.arange(-int(lag / period) - 1, int(lag / period) + 2)
    found = np.empty_like(point)
    for first in range(0, len(point), ROWS):
        part = slice(first, first + ROWS)
        row = np.rint(time[part] / period).astype(int)[:, None] + reach
        away = actual[np.clip(row, 0, len(actual) - 1)] - point[part, None]
        nearest = np.argmin(np.einsum("ijk,ijk->ij", away, away), axis=1)
        found[part] = np.take_along_axis(away, nearest[:, None, None], axis=1)[:, 0]
    return found


def interpolated(values: np.ndarray, time: np.ndarray, period: float) -> tuple[np.ndarray, np.ndarray]:
    """Values (point, 3) and their rates at ``time`` between samples."""
    k = np.clip((time / period).astype(int), 0, max(len(values) - 2, 0))
    following = np.minimum(k + 1, len(values) - 1)
    rate = (values[following] - values[k]) / period
    return values[k] + rate * (time - k * period)[:, None], rate
