"""A schedule by a dispatching rule, from which the search of :mod:`twin.production.shop.model` starts.

Next is always the operation that can begin first, among those the one with the earliest due date; it goes to the
machine on which it ends first. Times are whole multiples of the shop's resolution.
"""

from dataclasses import dataclass

import numpy as np

from twin.production.shop.settings import Operation, Shop


@dataclass
class Dispatched:
    """An operation in multiples of the resolution."""

    job: str
    name: str
    machine: str
    begin: int  # of the preparation
    start: int
    end: int
    changed: bool  # needs set-up
    cold: bool  # needs warm-up
    after: "Dispatched | None"  # on the machine


def dispatch(shop: Shop) -> list[Dispatched]:
    """Every operation, in the order in which the rule takes them; deadlines are not looked at."""

    def up(time: float) -> int:
        return int(np.ceil(time / shop.resolution - 1e-9))

    last: dict[str, Dispatched] = {}  # of each machine
    tools = {name.removeprefix("n_"): [0] * copies for name, copies in shop.tools.items()}
    ready = {name: up(job.release) for name, job in shop.jobs.items()}
    waiting = {name: list(job.operations.items()) for name, job in shop.jobs.items()}
    found = []

    def tried(job: str, key: str, operation: Operation, name: str) -> Dispatched:
        machine, before = shop.machines[name], last.get(name)
        family = shop.jobs[before.job].operations[before.name].family if before else ""
        changed = bool(operation.family) and operation.family != family
        free = before.end if before else up(machine.available)
        length = up(operation.time.value * operation.n_parts)
        earliest = max(ready[job], *(min(tools[tool]) for tool in operation.tools), 0)
        cold = before is None and machine.warm_up > 0
        while True:
            preparation = up(machine.setup) * changed + up(machine.warm_up) * cold
            begin = max(free, earliest - preparation)
            for gap in sorted(machine.closed, key=lambda c: c.start):
                start, end = int(gap.start / shop.resolution + 1e-9), up(gap.end)
                if begin < end and begin + preparation + length > start:
                    begin = end
            grown = before is not None and machine.warm_up > 0
            if cold or not grown or begin - free <= machine.stays_warm / shop.resolution + 1e-9:
                break
            cold = True
        start = begin + preparation
        return Dispatched(job, key, name, begin, start, start + length, changed, cold, before)

    while any(waiting.values()):
        options: list[tuple[int, float, int, Dispatched]] = []
        for job, left in waiting.items():
            if left:
                key, operation = left[0]
                best = min((tried(job, key, operation, m) for m in operation.machines), key=lambda d: d.end)
                due = shop.jobs[job].due
                options.append((best.begin, np.inf if due is None else due, len(options), best))
        chosen = min(options, key=lambda option: option[:3])[3]
        _, operation = waiting[chosen.job].pop(0)
        last[chosen.machine], ready[chosen.job] = chosen, chosen.end
        for tool in operation.tools:
            tools[tool][int(np.argmin(tools[tool]))] = chosen.end
        found.append(chosen)
    return found
