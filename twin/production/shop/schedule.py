"""A schedule of a job shop: tools, set-up, warm-up, due dates, deadlines."""

from dataclasses import dataclass

import numpy as np

from twin.errors import InputError
from twin.production.shop.infeasible import reason
from twin.production.shop.model import Model, Task
from twin.production.shop.settings import Shop


@dataclass(frozen=True)
class Schedule:
    """Every operation of a shop, in the order of their start."""

    shop: Shop
    tasks: tuple[Task, ...]
    optimal: bool  # proven; else the best that was found in time
    gap: float  # between the goal and its proven bound, relative

    def end(self, job: str) -> float:
        """When a job is finished [s]."""
        return max(task.end for task in self.tasks if task.job == job)

    @property
    def makespan(self) -> float:
        return max(task.end for task in self.tasks)

    def lateness(self, job: str) -> float:
        """End less due date [s]; NaN without one."""
        due = self.shop.jobs[job].due
        return np.nan if due is None else self.end(job) - due


def schedule(shop: Shop) -> Schedule:
    """The best schedule; every operation states its time.

    Raises:
        InputError: OR-tools is missing; no schedule keeps the deadlines (with those that contradict each other); none
            was found in time.
    """
    built = Model(shop)
    solver, status = built.solve(shop.solve)
    if status == "infeasible":
        raise reason(shop)
    if status == "unknown":
        raise InputError(f"no schedule was found in {shop.solve:g} s", remedy="raise solve_s or the resolution")
    best, bound = solver.objective_value, solver.best_objective_bound
    return Schedule(shop, built.tasks(solver), status == "optimal", abs(best - bound) / max(abs(best), 1.0))
