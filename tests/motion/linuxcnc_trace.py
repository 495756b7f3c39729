"""The recorded traces of LinuxCNC beside our prediction of the same programs."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from twin.config import build
from twin.machine.tool import Tool
from twin.motion import Controller, Motion, servo_samples, time_law
from twin.program import interpret
from twin.program.program import Program
from twin.units import MM

FOLDER = Path(__file__).parent / "linuxcnc_traces"
ROOT = Path(__file__).resolve().parents[2]
TOOL_LENGTH = 50 * MM
TOOL = Tool(
    number=1, name="T1", kind="flat", diameter=1e-2, n_teeth=2, flute_length=2e-2, stick_out=5e-2, z_offset=TOOL_LENGTH
)
AHEAD = 60  # samples within which the matching point of the other path is sought


@dataclass(frozen=True)
class Comparison:
    """Ours against LinuxCNC's; SI units, one row per moving servo step of LinuxCNC."""

    program: Program
    motion: Motion
    duration: float  # [s] of LinuxCNC's motion
    distance: np.ndarray  # (step,) [m] from LinuxCNC's point to our path
    speed: np.ndarray  # (step,) [m/s] LinuxCNC's
    our_speed: np.ndarray  # (step,) [m/s] ours at the same place
    feed: np.ndarray  # (step,) [m/s] programmed there; NaN in rapids
    path: np.ndarray  # (step,) [m] path of the step
    apart: np.ndarray  # (step,) [m] between both positions at the same time


def controller(name: str) -> Controller:
    """A controller of conf/controller."""
    return build(Controller, yaml.safe_load((ROOT / f"conf/controller/{name}.yaml").read_text()))


def predicted(name: str) -> tuple[Program, Motion]:
    """Program and motion of the recorded program ``name``."""
    program = interpret((FOLDER / f"{name}.ngc").read_text(), file=f"{name}.ngc", tools={1: TOOL})
    return program, time_law(program, controller("linuxcnc"))


def compare(name: str) -> Comparison:
    """Compare our prediction of ``name`` with the recording."""
    program, motion = predicted(name)
    blocks = list(servo_samples(program, motion, controller("linuxcnc"), period=1e-3))
    ours = np.concatenate([b.commanded for b in blocks])
    move = np.concatenate([b.move for b in blocks])
    with np.load(FOLDER / f"{name}.npz") as recording:
        theirs = recording["data"][:, :3] * MM - [0, 0, TOOL_LENGTH]
    step = np.linalg.norm(np.diff(theirs, axis=0), axis=1)
    moving = np.flatnonzero(step > 0)
    first, last = moving[0], moving[-1] + 1
    theirs, step = theirs[first : last + 1], step[first:last]
    middle = 0.5 * (theirs[1:] + theirs[:-1])
    index, distance = _match(middle, ours)
    our_step = np.linalg.norm(np.diff(ours, axis=0), axis=1)
    n = min(len(ours), len(theirs))
    return Comparison(
        program=program,
        motion=motion,
        duration=(last - first) * 1e-3,
        distance=distance,
        speed=step / 1e-3,
        our_speed=our_step[index] / 1e-3,
        feed=program.feed[move[index]],
        path=step,
        apart=np.linalg.norm(ours[:n] - theirs[:n], axis=1),
    )


def _match(points: np.ndarray, path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each point the nearest piece of ``path``, never going back, and the distance to it."""
    start, step = path[:-1], np.diff(path, axis=0)
    square = np.maximum(np.einsum("ij,ij->i", step, step), 1e-30)
    index, distance = np.zeros(len(points), int), np.zeros(len(points))
    at = 0
    for k, point in enumerate(points):
        window = slice(at, min(at + AHEAD, len(start)))
        arm = point - start[window]
        share = np.clip(np.einsum("ij,ij->i", arm, step[window]) / square[window], 0, 1)
        away = np.linalg.norm(arm - share[:, None] * step[window], axis=1)
        # The first of equally near pieces: where the path turns back on itself both ways lie together.
        best = int(np.argmax(away <= away.min() + 1e-9))
        at += best
        index[k], distance[k] = at, away[best]
    return index, distance


def rms_speed_error(c: Comparison) -> float:
    """RMS over the path of (our speed - theirs) / programmed feed."""
    cuts = np.isfinite(c.feed)
    error = (c.our_speed[cuts] - c.speed[cuts]) / c.feed[cuts]
    return float(np.sqrt(np.average(error**2, weights=c.path[cuts])))
