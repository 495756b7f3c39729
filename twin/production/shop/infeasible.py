"""Why no schedule keeps the deadlines: the fewest restrictions that contradict each other, and what would do."""

from functools import partial

from twin.errors import InputError
from twin.production.shop.model import Model
from twin.production.shop.settings import Shop
from twin.units import HOUR

LIMIT = 5.0  # [s] of each search


def reason(shop: Shop) -> InputError:
    """The error to raise for a shop that cannot be scheduled.

    Restrictions (deadlines, closings, tools) are left out one after the other; what the contradiction does not need
    stays out. What remains contradicts itself, and no part of it does (as far as the searches ended in time).
    """
    restrictions = [("deadline", name) for name, job in shop.jobs.items() if job.deadline is not None]
    restrictions += [("closing", name) for name, machine in shop.machines.items() if machine.closed]
    restrictions += [("tool", name) for name in shop.tools]
    needed = list(restrictions)
    for one in restrictions:
        rest = [other for other in needed if other != one]
        _, status = Model(shop, partial(_among, rest)).solve(LIMIT)
        if status == "infeasible":
            needed = rest
    words = [_words(shop, kind, name) for kind, name in needed]
    late = [name for kind, name in needed if kind == "deadline"]
    hints = []
    for late_job in late:
        solver, status = Model(shop, partial(_all_but, late_job), late_job).solve(LIMIT)
        if status in ("optimal", "feasible"):
            hours = solver.objective_value * shop.resolution / HOUR
            hints.append(f"{late_job} can be done by {hours:.2f} h when all else is kept")
    together = "these cannot be kept together" if len(words) > 1 else "this cannot be kept"
    return InputError(
        f"no schedule of {shop.name}: {together}: {'; '.join(words)}",
        remedy="; ".join(hints) or "relax one of them",
    )


def _among(kept: list[tuple[str, str]], kind: str, name: str) -> bool:
    return (kind, name) in kept


def _all_but(job: str, kind: str, name: str) -> bool:
    return (kind, name) != ("deadline", job)


def _words(shop: Shop, kind: str, name: str) -> str:
    if kind == "deadline":
        job = shop.jobs[name]
        assert job.deadline is not None
        work = sum(o.time.value * o.n_parts for o in job.operations.values())
        span = f"released at {job.release / HOUR:.2f} h, {work / HOUR:.2f} h of work"
        return f"{name} by {job.deadline / HOUR:.2f} h ({span})"
    if kind == "closing":
        spans = ", ".join(f"{c.start / HOUR:.2f} to {c.end / HOUR:.2f} h" for c in shop.machines[name].closed)
        return f"{name} closed {spans}"
    return f"{shop.tools[name]} of tool {name.removeprefix('n_')}"
