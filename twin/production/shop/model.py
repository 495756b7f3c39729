"""The constraint program of a job shop (OR-tools CP-SAT).

Every operation is an interval on one of its machines, with the set-up and the warm-up before it; a circuit through the
operations of a machine says which follows which. A tool assembly with k copies is a resource of capacity k.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.production.extra import production_library
from twin.production.shop.dispatch import dispatch
from twin.production.shop.settings import Operation, Shop

LATENESS_FIRST = 1000  # a resolution of lateness counts as much as so many of makespan, at least


@dataclass(frozen=True)
class Task:
    """An operation as it is planned [s]."""

    job: str
    operation: str
    machine: str
    begin: float  # of its set-up and warm-up
    setup: float
    warm_up: float
    start: float
    end: float


@dataclass
class Choice:
    """An operation on one of its machines."""

    machine: str
    present: Any
    interval: Any  # with the preparation
    preparation: Any
    length: Any  # of the interval
    first: Any = None  # on the machine; None where the order does not matter
    last: Any = None
    follows: dict[tuple[str, str], Any] = field(default_factory=dict)  # the operation before -> whether it is


@dataclass
class Node:
    """Variables of one operation, in multiples of the resolution."""

    job: str
    name: str
    operation: Operation
    start: Any
    end: Any
    begin: Any
    cold: Any
    changed: Any
    choices: list[Choice] = field(default_factory=list)


class Model:
    """The constraint program of a shop.

    Args:
        keep: whether a restriction is in force: deadline of a job, closing of a machine, number of a tool.
        goal: a job whose end is to be least, instead of the shop's goal.
    """

    def __init__(self, shop: Shop, keep: Callable[[str, str], bool] = lambda kind, name: True, goal: str | None = None):
        self.cp = production_library("ortools.sat.python.cp_model")
        self.shop, self.keep, self.model = shop, keep, self.cp.CpModel()
        self.nobody: dict[str, Any] = {}  # machine -> nothing runs on it
        self.makespan: Any = None
        self.late: dict[str, Any] = {}  # job -> its lateness
        self.horizon = self._up(_horizon(shop))
        self.nodes = [node for job in shop.jobs for node in self._job(job)]
        for machine in shop.machines:
            self._machine(machine)
        for tool, copies in shop.tools.items():
            if keep("tool", tool):
                self._tool(tool.removeprefix("n_"), copies)
        self._goal(goal)
        self._hint()

    def solve(self, limit: float) -> tuple[Any, str]:
        """The solver and one of ``optimal``, ``feasible``, ``infeasible``, ``unknown``."""
        solver = self.cp.CpSolver()
        solver.parameters.max_time_in_seconds = limit
        solver.parameters.num_workers = self.shop.n_workers
        solver.parameters.random_seed = 1
        return solver, solver.status_name(solver.solve(self.model)).lower()

    def tasks(self, solver: Any) -> tuple[Task, ...]:
        """What the solver found."""
        unit = self.shop.resolution
        found = []
        for node in self.nodes:
            machine = next(choice.machine for choice in node.choices if solver.value(choice.present))
            start, end = solver.value(node.start) * unit, solver.value(node.end) * unit
            of = self.shop.machines[machine]
            found.append(
                Task(
                    node.job,
                    node.name,
                    machine,
                    begin=solver.value(node.begin) * unit,
                    setup=self._up(of.setup) * unit * solver.value(node.changed),
                    warm_up=self._up(of.warm_up) * unit * solver.value(node.cold),
                    start=start,
                    end=end,
                )
            )
        return tuple(sorted(found, key=lambda task: (task.start, task.end)))

    def _job(self, name: str) -> Iterator[Node]:
        job, model = self.shop.jobs[name], self.model
        before: Any = self._up(job.release)
        for key, operation in job.operations.items():
            label = f"{name}/{key}"
            start, end = (model.new_int_var(0, self.horizon, f"{what} {label}") for what in ("start", "end"))
            begin = model.new_int_var(0, self.horizon, f"begin {label}")
            node = Node(name, key, operation, start, end, begin, *(model.new_bool_var(label) for _ in range(2)))
            duration = self._up(operation.time.value * operation.n_parts)
            model.add(end == start + duration)
            model.add(start >= before)
            before = end
            for machine in operation.machines:
                of, present = self.shop.machines[machine], model.new_bool_var(f"{label} on {machine}")
                preparation = model.new_int_var(0, self._up(of.setup) + self._up(of.warm_up), f"preparation {label}")
                needed = self._up(of.setup) * node.changed + self._up(of.warm_up) * node.cold
                model.add(preparation == needed).only_enforce_if(present)
                model.add(begin == start - preparation).only_enforce_if(present)
                model.add(begin >= self._up(of.available)).only_enforce_if(present)
                length = model.new_int_var(0, self.horizon, f"length {label}")
                interval = model.new_optional_interval_var(begin, length, end, present, label)
                node.choices.append(Choice(machine, present, interval, preparation, length))
            model.add_exactly_one(choice.present for choice in node.choices)
            yield node
        if job.deadline is not None and self.keep("deadline", name):
            model.add(before <= self._down(job.deadline))

    def _machine(self, name: str) -> None:
        machine, model = self.shop.machines[name], self.model
        here = [(node, choice) for node in self.nodes for choice in node.choices if choice.machine == name]
        closed = []
        if self.keep("closing", name):
            for k, gap in enumerate(machine.closed):
                start, end = self._down(gap.start), self._up(gap.end)
                closed.append(model.new_fixed_size_interval_var(start, end - start, f"{name} closed {k}"))
        model.add_no_overlap([choice.interval for _, choice in here] + closed)
        if machine.setup == 0 and machine.warm_up == 0:
            for node, choice in here:
                model.add(node.changed == 0).only_enforce_if(choice.present)
                model.add(node.cold == 0).only_enforce_if(choice.present)
        else:
            self._sequence(name, here)

    def _sequence(self, name: str, here: list[tuple[Node, Choice]]) -> None:
        """Which operation follows which, with the set-up and the warm-up that this asks for."""
        model, arcs, machine = self.model, [], self.shop.machines[name]
        nobody = model.new_bool_var("nothing on the machine")
        arcs.append((0, 0, nobody))
        self.nobody[name] = nobody
        for j, (node, choice) in enumerate(here, 1):
            arcs.append((j, j, choice.present.negated()))
            model.add_implication(choice.present, nobody.negated())
            first, choice.last = model.new_bool_var("first"), model.new_bool_var("last")
            choice.first = first
            arcs += [(0, j, first), (j, 0, choice.last)]
            model.add(node.changed == int(bool(node.operation.family))).only_enforce_if(first)
            model.add(node.cold == int(machine.warm_up > 0)).only_enforce_if(first)
            for i, (other, _) in enumerate(here, 1):
                if i == j:
                    continue
                follows = model.new_bool_var("follows")
                arcs.append((i, j, follows))
                choice.follows[other.job, other.name] = follows
                model.add(node.begin >= other.end).only_enforce_if(follows)
                changed = bool(node.operation.family) and node.operation.family != other.operation.family
                model.add(node.changed == int(changed)).only_enforce_if(follows)
                if machine.warm_up == 0:
                    model.add(node.cold == 0).only_enforce_if(follows)
                elif np.isfinite(machine.stays_warm):
                    warm = self._down(machine.stays_warm)
                    model.add(node.begin - other.end <= warm).only_enforce_if(follows, node.cold.negated())
                else:
                    model.add(node.cold == 0).only_enforce_if(follows)
        model.add_circuit(arcs)

    def _tool(self, tool: str, copies: int) -> None:
        users = [node for node in self.nodes if tool in node.operation.tools]
        times = [self._up(node.operation.time.value * node.operation.n_parts) for node in users]
        spans = [
            self.model.new_interval_var(node.start, time, node.end, tool)
            for node, time in zip(users, times, strict=True)
        ]
        self.model.add_cumulative(spans, [1] * len(spans), copies)

    def _goal(self, job: str | None) -> None:
        model = self.model
        last = {node.job: node.end for node in self.nodes}  # the last operation of each job comes last
        if job is not None:
            model.minimize(last[job])
            return
        self.makespan = makespan = model.new_int_var(0, self.horizon, "makespan")
        model.add_max_equality(makespan, list(last.values()))
        terms: list[Any] = []
        for name, end in last.items() if self.shop.goal == "lateness" else ():
            wanted = self.shop.jobs[name].due
            if wanted is not None:
                late = model.new_int_var(0, self.horizon, f"late {name}")
                model.add(late >= end - self._down(wanted))
                self.late[name] = late
                terms.append(round(LATENESS_FIRST * self.shop.jobs[name].importance) * late)
        goal = sum(terms) + makespan
        if any(machine.warm_up > 0 for machine in self.shop.machines.values()):
            goal = goal * (len(self.nodes) + 1) + sum(node.cold for node in self.nodes)  # none that is not needed
        model.minimize(goal)

    def _hint(self) -> None:
        """Where the search begins: the schedule of a dispatching rule."""
        nodes = {(node.job, node.name): node for node in self.nodes}
        planned = dispatch(self.shop)
        final = {one.machine: one for one in planned}
        for one in planned:
            node = nodes[one.job, one.name]
            values = {node.begin: one.begin, node.start: one.start, node.end: one.end}
            values |= {node.changed: one.changed, node.cold: one.cold}
            for choice in node.choices:
                here = choice.machine == one.machine
                values[choice.present] = here
                values[choice.preparation] = (one.start - one.begin) * here
                values[choice.length] = one.end - one.begin
                if choice.first is not None:
                    values[choice.first] = here and one.after is None
                    values[choice.last] = here and final[one.machine] is one
                before = (one.after.job, one.after.name) if one.after else None
                values |= {follows: here and key == before for key, follows in choice.follows.items()}
            self._suggest(values)
        self._suggest({nobody: name not in final for name, nobody in self.nobody.items()})
        ends = {one.job: one.end for one in planned}
        due = {name: self._down(self.shop.jobs[name].due or 0.0) for name in self.late}
        self._suggest({late: max(0, ends[name] - due[name]) for name, late in self.late.items()})
        if self.makespan is not None:
            self._suggest({self.makespan: max(ends.values())})

    def _suggest(self, values: dict[Any, int]) -> None:
        for variable, value in values.items():
            self.model.add_hint(variable, int(value))

    def _up(self, time: float) -> int:
        return int(np.ceil(time / self.shop.resolution - 1e-9))

    def _down(self, time: float) -> int:
        return int(np.floor(time / self.shop.resolution + 1e-9))


def _horizon(shop: Shop) -> float:
    """By then everything could be done, one after the other, after all that is closed."""
    latest = max((c.end for m in shop.machines.values() for c in m.closed), default=0.0)
    latest = max(latest, *(m.available for m in shop.machines.values()), *(j.release for j in shop.jobs.values()))
    preparation = max(m.setup + m.warm_up for m in shop.machines.values()) + 4 * shop.resolution
    times = [o.time.value * o.n_parts + preparation for j in shop.jobs.values() for o in j.operations.values()]
    return latest + sum(times)
