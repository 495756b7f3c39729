"""A schedule carried out under the scatter of its times and the breakdowns of its machines, many times at once.

The order on each machine stays, everything starts as soon as it can: each operation's end follows from the ends before
it, so that one pass through the plan is a discrete-event simulation without a list of events.
"""

from dataclasses import dataclass, replace

import numpy as np

from twin.production.line.config import Breakdown
from twin.production.shop.schedule import Schedule
from twin.production.shop.settings import Closed, Job, Shop
from twin.production.spread import Interval, draws, spread_of


@dataclass(frozen=True)
class Execution:
    """Draws of what becomes of a schedule [s]."""

    end: dict[str, np.ndarray]  # job -> (draw,)
    makespan: np.ndarray  # (draw,)

    def lateness(self, shop: Shop, job: str) -> Interval:
        """End less due date; NaN without one."""
        due = shop.jobs[job].due
        return spread_of(self.end[job] - (np.nan if due is None else due))

    def late(self, shop: Shop, job: str) -> float:
        """Probability that a job is late; 0 without a due date."""
        due = shop.jobs[job].due
        return 0.0 if due is None else float(np.mean(self.end[job] > due))


def execute(planned: Schedule, n: int, seed: int, breakdowns: bool = True) -> Execution:
    """Carry out a schedule ``n`` times with drawn times; the order on each machine and of each tool is kept.

    The scatter of an operation is common to its parts: it is that of the machine and of the prediction. A machine fails
    after an exponential time of work, and the operation goes on after the repair; nobody foresees that, so that a
    repair may reach into a closing.

    Args:
        breakdowns: whether machines that can fail do.
    """
    shop, random, failing = planned.shop, np.random.default_rng(seed), np.random.default_rng((seed, 1))
    free = {name: np.full(n, machine.available) for name, machine in shop.machines.items()}
    used = {name: False for name in shop.machines}
    family = dict.fromkeys(shop.machines, "")
    tools = {name.removeprefix("n_"): np.zeros((copies, n)) for name, copies in shop.tools.items()}
    done = {name: np.full(n, job.release) for name, job in shop.jobs.items()}
    for task in planned.tasks:
        operation, machine = shop.jobs[task.job].operations[task.operation], shop.machines[task.machine]
        time = draws(operation.time, n, random) * operation.n_parts
        setup = machine.setup if operation.family and family[task.machine] != operation.family else 0.0
        copies = {tool: np.argmin(tools[tool], axis=0) for tool in operation.tools}
        ready = np.max([done[task.job], *(tools[t][c, np.arange(n)] for t, c in copies.items())], axis=0)
        begin = np.maximum(free[task.machine], ready - setup)  # what is prepared is prepared before the part is there
        cold = (begin - free[task.machine] > machine.stays_warm) if used[task.machine] else np.full(n, True)
        preparation = setup + np.where(cold, machine.warm_up, 0.0)
        begin = _outside(np.maximum(free[task.machine], ready - preparation), preparation + time, machine.closed)
        end = begin + preparation + time
        if machine.breakdown and breakdowns:
            end = end + _repairs(machine.breakdown, time, failing)
        for tool, copy in copies.items():
            tools[tool][copy, np.arange(n)] = end
        free[task.machine], done[task.job] = end, end
        family[task.machine], used[task.machine] = operation.family, True
    return Execution(done, np.max(list(done.values()), axis=0))


def _repairs(breakdown: Breakdown, work: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(draw,) time of the repairs that fall into ``work`` (draw,): so many failures as a Poisson process has."""
    failures = random.poisson(work / breakdown.between)
    time = np.zeros(len(work))
    for number in range(1, int(failures.max(initial=0)) + 1):
        time += np.where(failures >= number, draws(breakdown.repair, len(work), random), 0.0)
    return time


def _outside(begin: np.ndarray, length: np.ndarray, closed: tuple[Closed, ...]) -> np.ndarray:
    """The earliest begin at which nothing overlaps a closing."""
    for gap in sorted(closed, key=lambda c: c.start):
        begin = np.where((begin < gap.end) & (begin + length > gap.start), gap.end, begin)
    return begin


def batch_of_one(shop: Shop) -> Shop:
    """Every job as so many jobs of one part as its operations have; those of unlike numbers stay."""
    jobs: dict[str, Job] = {}
    for name, job in shop.jobs.items():
        sizes = {operation.n_parts for operation in job.operations.values()}
        if len(sizes) > 1 or sizes == {1}:
            jobs[name] = job
            continue
        one = replace(job, operations={k: replace(o, n_parts=1) for k, o in job.operations.items()})
        jobs.update({f"{name} {k}": one for k in range(1, sizes.pop() + 1)})
    return replace(shop, jobs=jobs)
