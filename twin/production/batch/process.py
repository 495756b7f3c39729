"""A batch as it really goes: hidden lives, offsets and faults drawn from what is believed, and what decisions cost."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from twin.production.batch.belief import Belief, first_belief
from twin.production.batch.settings import Batch

ACTIONS = ("stop", "change tool", "warm up", "re-measure", "slow down")
N_TOOLS = 400  # drawn lives; more tools than that begin again


@dataclass
class Truth:
    """Everything that chance decides, drawn beforehand, so that every policy meets the same; leading axis (run,)."""

    life: np.ndarray  # (run, tool) parts at full feed
    gain: np.ndarray  # (run,) of the power's rise with wear over that of the settings
    setting: np.ndarray  # (run, tool) [m] of each new tool
    offset: np.ndarray  # (run, part) [m] with its drift
    cold: np.ndarray  # (run, part) [m] error of the cold machine after a pause before the part
    pause: np.ndarray  # (run, part) bool: the machine cooled down before it
    noise: np.ndarray  # (run, part) [m] repeatability
    gauge: np.ndarray  # (run, part) [m]
    power: np.ndarray  # (run, part) noise of the signal
    worn: np.ndarray  # (run, part) error of the wear of a tool that is taken out
    onset: np.ndarray  # (run, part) bool: a fault begins


def draw_truth(batch: Batch, n_runs: int, seed: int) -> Truth:
    """Draw ``n_runs`` batches."""
    random, size, tool = np.random.default_rng(seed), batch.size, batch.tool
    shape = (n_runs, batch.n_parts)
    level = tool.law_scatter * random.standard_normal((n_runs, 1))
    setting = size.tool_setting * random.standard_normal((n_runs, N_TOOLS))
    setting[:, 0] = 0.0  # within the first offset
    walk = np.cumsum(size.drift * random.standard_normal(shape), axis=1)
    pause = random.random(shape) < 1 / batch.n_between_breaks
    pause[:, 0] = True
    return Truth(
        life=batch.tool.n_life * np.exp(level + tool.tool_scatter * random.standard_normal((n_runs, N_TOOLS))),
        gain=np.exp(tool.signal_scatter * random.standard_normal(n_runs)),
        setting=setting,
        offset=size.offset * random.standard_normal((n_runs, 1)) + walk,
        cold=size.cold * random.standard_normal(shape),
        pause=pause,
        noise=size.repeatability * random.standard_normal(shape),
        gauge=size.gauge * random.standard_normal(shape),
        power=tool.signal_noise * random.standard_normal(shape),
        worn=tool.wear_gauge * random.standard_normal(shape),
        onset=random.random(shape) < batch.fault.onset,
    )


@dataclass
class Situation:
    """What a policy may know before a part; leading axis (run,)."""

    part: int
    left: int  # parts that are still to be made
    belief: Belief
    paused: np.ndarray  # bool: the machine stood still before this part
    since_tool: np.ndarray  # parts since the tool was new
    since_measured: np.ndarray  # parts since one was measured
    alarmed: np.ndarray  # bool: the last measured part was out of tolerance, or the tool broke


class Policy(Protocol):
    """Decides before each part."""

    def measures(self, now: Situation) -> np.ndarray:
        """(run,) whether the last part is measured before anything else is decided."""

    def acts(self, now: Situation) -> dict[str, np.ndarray]:
        """The other :data:`ACTIONS` -> (run,) whether they are taken."""


@dataclass
class Outcome:
    """What a policy led to; leading axis (run,)."""

    cost: np.ndarray  # [EUR]
    time: np.ndarray  # [s]
    scrap: np.ndarray  # parts out of tolerance, or lost with a tool
    failures: np.ndarray  # tools that failed in the cut
    taken: dict[str, np.ndarray]  # action -> (run,) times
    faulty_parts: np.ndarray  # parts made while something was wrong


def simulate(batch: Batch, policy: Policy, truth: Truth, world: Batch | None = None) -> Outcome:
    """Make the batch as a policy decides.

    Every policy has the same correction in force: that of the belief, for the mean of the next size.

    Args:
        batch: as it is believed.
        truth: as :func:`draw_truth` draws it from ``world``.
        world: as it is, where that is not what is believed.
    """
    n_runs, c, world = len(truth.life), batch.costs, world or batch
    belief, rows = first_belief(batch, n_runs), np.arange(n_runs)
    tool, age = np.zeros(n_runs, dtype=int), np.zeros(n_runs)
    setting, error, cold_left = np.zeros(n_runs), np.zeros(n_runs), np.zeros(n_runs)
    faulty = np.zeros(n_runs, dtype=bool)
    cost, time = np.zeros(n_runs), np.zeros(n_runs)
    scrap, failures, faulty_parts = np.zeros(n_runs), np.zeros(n_runs), np.zeros(n_runs)
    taken = {action: np.zeros(n_runs) for action in ACTIONS}
    since_tool, since_measured = np.zeros(n_runs, dtype=int), np.zeros(n_runs, dtype=int)
    alarmed = np.zeros(n_runs, dtype=bool)
    last_size, last_cold, corrected = np.zeros(n_runs), np.zeros(n_runs), np.zeros(n_runs)
    everyone = np.ones(n_runs, dtype=bool)

    def new_tool(which: np.ndarray, worn: np.ndarray | None) -> None:
        belief.new_tool(which, worn)
        tool[which] = (tool[which] + 1) % N_TOOLS
        age[which] = 0.0
        setting[which] += truth.setting[rows, tool][which]
        since_tool[which] = 0

    def occupied(which: np.ndarray, seconds: np.ndarray | float) -> None:
        time[which] += np.broadcast_to(seconds, (n_runs,))[which]

    for k in range(batch.n_parts):
        paused = truth.pause[:, k]
        belief.pause(paused)
        error[paused], cold_left[paused] = truth.cold[paused, k], 1.0
        now = Situation(k, batch.n_parts - k, belief, paused, since_tool, since_measured, alarmed)
        if (which := policy.measures(now) & (k > 0)).any():
            taken["re-measure"] += which
            occupied(which, c.measurement)
            reading = last_size + truth.gauge[:, k]
            belief.measured(which, reading, last_cold)
            if k > 1:  # the first part is there to be corrected by
                alarmed[which] |= (np.abs(reading - corrected) > batch.size.tolerance)[which]
            since_measured[which] = 0
        chosen = policy.acts(now)
        for action, which in chosen.items():
            taken[action] += which
        if (which := chosen["stop"]).any():
            occupied(which, c.stop)
            faulty[which] = False
            belief.faulty[which] = 0.0
            alarmed[which] = False
        if (which := chosen["change tool"]).any():
            occupied(which, c.tool_change)
            cost[which] += c.tool
            new_tool(which, np.minimum(age / truth.life[rows, tool], 1.0) + truth.worn[:, k])
        if (which := chosen["warm up"]).any():
            occupied(which, c.warm_up)
            belief.warmed(which, c.warm_up)
            cold_left[which] *= np.exp(-c.warm_up / world.size.warming)
        slow = chosen["slow down"]
        corrected, _ = belief.predicted()
        faulty |= truth.onset[:, k]
        aged = np.where(slow, batch.slow.wear, 1.0)
        age += aged * np.where(faulty, world.fault.wear, 1.0)
        life = truth.life[rows, tool]
        failed = age >= life
        worn = np.minimum(age / life, 1.0)
        last_size = (
            truth.offset[:, k]
            + setting
            + cold_left * error
            + world.size.wear * worn
            + world.fault.shift * faulty
            + truth.noise[:, k]
        )
        last_cold = belief.cold.copy()
        bad = (np.abs(last_size - corrected) > batch.size.tolerance) | failed
        scrap += bad
        faulty_parts += faulty
        cost += c.scrap * bad
        seconds = batch.part_time * np.where(slow, batch.slow.time, 1.0)
        occupied(everyone, seconds)
        power = world.tool.signal * truth.gain * worn + world.fault.signal * faulty + truth.power[:, k]
        belief.made(aged, power, failed)
        belief.warmed(everyone, seconds)
        cold_left *= np.exp(-seconds / world.size.warming)
        since_tool += 1
        since_measured += 1
        if failed.any():
            failures += failed
            cost[failed] += c.failure + c.tool
            occupied(failed, c.failure_time)
            new_tool(failed, None)
            faulty[failed] = False  # the machine is looked at
            belief.faulty[failed] = 0.0
    return Outcome(cost + c.rate * time, time, scrap, failures, taken, faulty_parts)
