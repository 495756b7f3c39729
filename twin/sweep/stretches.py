"""The program in stretches of one tool each: what each takes of time and energy, at every node of feed and speed."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array
from twin.prediction import Machining
from twin.sweep.forces import Cuts
from twin.sweep.schedule import Bins, Lines, Timing, summed


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Stretches:
    """The program in stretches of one tool each."""

    tool: Array  # (bin,) row of the tool list
    seconds: Array  # (feed, bin) [s] of motion
    waiting: Array  # (bin,) [s] without motion
    starting: Array  # (bin, tool) [s] of it in which the spindle changes its speed
    travel: Array  # (bin, 3) [m]
    spindle: Array  # (bin,) [rad/s]
    flood: Array  # (bin,)
    in_cut: Array  # (feed, bin) [s] of the motion in which material is removed
    flooded: Array  # (feed, bin) [s] of the motion under flood coolant
    turned: Array  # (feed, bin) [rad] of the spindle during the motion
    share: Array  # (bin,) computed part of the cutting power that heats the part
    energy: Array  # (feed, speed, coefficient, bin) [J per unit] of cutting, per speed factor


def stretches_of(machining: Machining, bins: Bins, clock: Timing, cuts: Cuts, speeds: np.ndarray) -> Stretches:
    """Sums over the pieces of every stretch."""
    own = np.diff(machining.time, axis=1)[:, 0]
    spindle = np.abs(machining.toolpath.spindle)
    energy = np.zeros((len(clock.seconds), len(speeds), cuts.torque.shape[1], len(bins.waiting)))
    for j, seconds in enumerate(clock.seconds):
        faster = np.divide(own, seconds, out=np.ones_like(own), where=seconds > 0)
        for i, speed in enumerate(speeds):
            share = np.asarray(Lines(cuts.chip).weights(jnp.asarray(faster / speed)))  # (segment, chip)
            torque = np.einsum("gks,sg->ks", cuts.torque, share)
            energy[j, i] = summed(torque * spindle * seconds, bins.of_segment, len(bins.waiting))

    def while_moving(weight: np.ndarray) -> np.ndarray:
        return summed(clock.seconds * weight, bins.of_segment, len(bins.waiting))

    power = np.asarray(machining.loads.power_mean) * own
    into_part = power * np.asarray(machining.process.heat.workpiece)
    total, inside = (summed(values, bins.of_segment, len(bins.waiting)) for values in (power, into_part))
    return Stretches(
        tool=bins.tool,
        seconds=while_moving(np.ones(len(own))),
        waiting=bins.waiting,
        starting=bins.starting,
        travel=bins.travel,
        spindle=bins.spindle,
        flood=bins.flood,
        in_cut=while_moving(np.asarray(machining.cut.engagement.volume) > 0),
        flooded=while_moving((machining.toolpath.coolant & 2) > 0),
        turned=while_moving(spindle),
        share=np.divide(inside, total, out=np.zeros_like(total), where=total > 0),
        energy=energy,
    )
