"""Spindle speed and depth of each tool: from its chatter margin over speed, power, torque and wear.

The chip of a tooth is held, so that the feed grows with the speed. A speed at which the cuts of the program have the
wanted chatter margin removes material in proportion to it; at one where they have not, the depth would have to shrink
by what is missing. The best speed is the one that removes most, its neighbours counted with it; one that needs no other
depth goes before all that do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import jax
import numpy as np

from twin.advice.demand import KINDS, Cuts
from twin.advice.limits import Limits
from twin.cutting import spindle_curve
from twin.cutting.contact import Contact
from twin.cutting.dynamics import Modes
from twin.cutting.stability import chatter_margin, milling_of_tool
from twin.cutting.stability.margin import MOST
from twin.machine.spindle import Spindle
from twin.machine.tool import Tool
from twin.units import RPM

N_WINDOWS = 8  # cuts of a tool, those nearest to chatter, that stand for all
N_SPEEDS = 41
SLOWEST = 0.4  # of the programmed speed
ROUND = 50.0  # [rev/min] advised speeds are multiples of this
WORTH = 1.02  # a speed that removes less than this times more is no advice


@dataclass(frozen=True)
class SpeedAdvice:
    """One tool at one programmed speed."""

    number: int  # T word
    speed: float  # [rad/s] programmed
    margin: float  # least chatter margin there
    advised: float  # [rad/s]
    advised_margin: float
    depth: float  # [m] of the cut nearest to chatter at the advised speed
    deepest: float  # [m] that it may have there at the wanted margin; at most the flute length
    rate: float  # material removed over time at the advised speed and depth, over that at the programmed speed
    stable: bool  # the margin is as wanted at the advised speed, at the depth of the program
    holds: str  # what the advised speed comes from
    speeds: np.ndarray  # (speed,) [rad/s] that were looked at
    margins: np.ndarray  # (speed,) least margin at each


def advise_speed(
    tool: Tool,
    row: int,
    modes: Modes,
    cuts: Cuts,
    margin: np.ndarray,
    demand: np.ndarray,
    limits: Limits,
    spindle: Spindle,
    life: tuple[float, float] | None,
) -> list[SpeedAdvice]:
    """Advice for each speed that the program runs one tool at.

    Args:
        tool: the tool.
        row: of it in the cuts.
        modes: of its tip.
        cuts: of the program.
        margin: (cut,) chatter margin.
        demand: (kind, cut) at the programmed feed.
        limits: of the tool.
        spindle: of the machine.
        life: part of the tool's life that one part uses up, and the law's speed exponent; None where no law is known.
    """
    found = []
    mine = (cuts.contact.tool == row) & np.isfinite(margin)
    for signed in np.unique(np.round(cuts.spindle[mine], 6)):
        some = np.flatnonzero(mine & (np.abs(cuts.spindle - signed) < 1e-5))
        windows = _windows(cuts.contact, some, margin)
        speed = abs(float(signed))
        speeds = np.append(speed, _candidates(speed, spindle.speed[-1]))
        of_window = _margins(cuts, windows, speeds * np.sign(signed), row, tool, modes)
        torque = demand[KINDS.index("torque"), some].max()
        allowed, why = _allowed(speeds, speed, torque, limits, spindle, life)
        found.append(_chosen(tool, cuts, windows, speeds, of_window, allowed, why, limits))
    return found


def _candidates(speed: float, fastest: float) -> np.ndarray:
    """Speeds to look at [rad/s], multiples of ROUND, none above the spindle's highest."""
    low, high = np.ceil(SLOWEST * speed / RPM / ROUND), np.floor(fastest / RPM / ROUND * (1 + 1e-9))
    return np.unique(np.round(np.geomspace(low, max(high, low), N_SPEEDS))) * ROUND * RPM


def _windows(contact: Contact, some: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """The cuts nearest to chatter, one of each depth."""
    order = some[np.argsort(margin[some], kind="stable")]
    _, first = np.unique(np.round(contact.depth[order] / 1e-4), return_index=True)
    return order[np.sort(first)[:N_WINDOWS]]


def _margins(cuts: Cuts, windows: np.ndarray, spindle: np.ndarray, row: int, tool: Tool, modes: Modes) -> np.ndarray:
    """Chatter margin (speed, window)."""
    rows = np.tile(windows, len(spindle))
    contact: Contact = jax.tree.map(itemgetter(rows), cuts.contact)
    milling = milling_of_tool(tool, cuts.coefficients, modes, float(np.median(contact.depth)))
    turns, millings = np.repeat(spindle, len(windows)), [milling] * (row + 1)
    margin = chatter_margin(contact, turns, millings).margin
    # margins end at 1 / MOST: what is below is looked for with cuts that are as much less deep
    shallow = chatter_margin(replace(contact, depth=contact.depth / MOST), turns, millings).margin / MOST
    margin = np.where(margin <= 1 / MOST, np.minimum(shallow, 1 / MOST), margin)
    return margin.reshape(len(spindle), len(windows))


def _allowed(
    speeds: np.ndarray,
    speed: float,
    torque: float,
    limits: Limits,
    spindle: Spindle,
    life: tuple[float, float] | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Whether spindle and wear allow each speed at the chip that is programmed, and what forbids it."""
    curve = spindle_curve(spindle)
    why = np.full(len(speeds), "", dtype=object)
    if limits.power is not None:
        why[torque * speeds > limits.power * np.interp(speeds, curve.speed, curve.power)] = "power"
    if limits.torque is not None:
        why[torque > limits.torque * np.interp(speeds, curve.speed, curve.torque)] = "torque"
    if life is not None and limits.life_used is not None:
        used, exponent = life
        why[used * (speeds / speed) ** (exponent - 1) > limits.life_used] = "wear"  # time falls, life falls faster
    why[speeds > curve.speed[-1] * (1 + 1e-9)] = "spindle"
    return why == "", why


def _chosen(
    tool: Tool,
    cuts: Cuts,
    windows: np.ndarray,
    speeds: np.ndarray,
    of_window: np.ndarray,
    allowed: np.ndarray,
    why: np.ndarray,
    limits: Limits,
) -> SpeedAdvice:
    least = of_window.min(axis=1)
    wanted = limits.chatter_margin or 0.0
    order = np.argsort(speeds, kind="stable")
    sorted_least = np.pad(least[order], 1, mode="edge")
    robust = np.empty(len(speeds))
    robust[order] = np.minimum(np.minimum(sorted_least[:-2], sorted_least[2:]), sorted_least[1:-1])
    robust[0] = least[0]  # the programmed speed is known to run
    depth_share = np.minimum(robust / wanted, 1.0) if wanted else np.ones(len(speeds))
    rate = np.where(allowed, speeds * depth_share, -np.inf)
    rate[0] = speeds[0] * depth_share[0]  # kept where nothing is better, even if a limit is exceeded
    fit = allowed & (robust >= wanted)
    best = int(np.argmax(np.where(fit, rate, -np.inf) if fit.any() else rate))
    if allowed[0] and fit[0] == fit.any() and rate[best] < WORTH * rate[0]:
        best = 0
    window = int(np.argmin(of_window[best]))
    depth = float(cuts.contact.depth[windows[window]])
    deepest = min(depth * least[best] / wanted, tool.flute_length) if wanted else tool.flute_length
    faster = why[speeds > speeds[best]]
    stopped = sorted({str(word) for word in faster if word})
    holds = "chatter" if least[best] < wanted or not stopped else ", ".join(stopped)
    if not len(faster):
        holds = "spindle"
    return SpeedAdvice(
        number=tool.number,
        speed=float(speeds[0]),
        margin=float(least[0]),
        advised=float(speeds[best]),
        advised_margin=float(least[best]),
        depth=depth,
        deepest=float(deepest),
        rate=float(rate[best] / rate[0]),
        stable=bool(least[best] >= wanted),
        holds=holds,
        speeds=speeds[order],
        margins=np.minimum(least[order], MOST),
    )


def speed_words(advice: Sequence[SpeedAdvice]) -> dict[tuple[int, float], float]:
    """What :func:`twin.advice.rewrite.with_speeds` writes: (tool, programmed speed) -> rev/min, where it changes.

    Not where the depth would have to change with it.
    """
    wanted = [mine for mine in advice if mine.stable and mine.advised != mine.speed]
    return {(mine.number, round(mine.speed, 6)): mine.advised / RPM for mine in wanted}
