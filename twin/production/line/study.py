"""Figures of a line over replications, each with its definition, and what a change of the line does to them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.errors import InputError
from twin.production.line.config import Down, Line, LineOrder
from twin.production.line.simulation import simulate_line
from twin.production.line.trace import STATES, Trace
from twin.production.spread import Interval, mean_of, spread_of
from twin.units import HOUR

KWH = 3.6e6
DEFINITIONS = {
    "throughput_per_h": "good parts over the time from the first release to the last part",
    "lead_time_h": "of a part, from the arrival of its lot to the lot's end; mean",
    "wip": "parts between arrival and end of their lot; mean over time",
    "late_pct": "orders with a due date that end after it",
    "lateness_h": "end of an order less its due date; mean of those that have one",
    "energy_kwh": "of all machines, over good parts",
    "cost_eur": "occupied machine time at its rate, energy, tools and material, over good parts",
}


@dataclass(frozen=True)
class LineStudy:
    """A line over replications."""

    line: Line
    figures: dict[str, np.ndarray]  # (replication,) of each of DEFINITIONS
    states: dict[str, dict[str, np.ndarray]]  # station -> state -> (replication,) share of its machines' time
    ends: dict[str, np.ndarray]  # order -> (replication,) end [s]
    first: Trace  # the first replication

    def mean(self, name: str) -> Interval:
        """Where the expectation of a figure lies."""
        return mean_of(self.figures[name])

    def spread(self, name: str) -> Interval:
        """Where the figure of the next batch lies."""
        return spread_of(self.figures[name])


def study(line: Line, replications: int, seed: int) -> LineStudy:
    """Simulate the line ``replications`` times.

    Raises:
        InputError: SimPy is missing; fewer than two replications.
    """
    if replications < 2:
        raise InputError(f"{replications} replications have no interval", remedy="at least 2")
    traces = [simulate_line(line, seed, r) for r in range(replications)]
    rows = [_figures(line, trace) for trace in traces]
    shares = [_shares(line, trace) for trace in traces]
    return LineStudy(
        line,
        {name: np.array([row[name] for row in rows]) for name in DEFINITIONS},
        {
            station: {state: np.array([s[station][state] for s in shares]) for state in (*STATES, "idle")}
            for station in line.stations
        },
        {order: np.array([_end(trace, order) for trace in traces]) for order in line.orders},
        traces[0],
    )


def difference(base: LineStudy, other: LineStudy) -> dict[str, Interval]:
    """What the other line changes of each figure, pairwise over replications with the same luck."""
    return {name: mean_of(other.figures[name] - base.figures[name]) for name in DEFINITIONS}


def batch_of_one(line: Line) -> Line:
    """Every order in lots of one part."""
    return replace(line, orders={name: replace(order, n_lot=1) for name, order in line.orders.items()})


def with_rush_order(line: Line, name: str, order: LineOrder) -> Line:
    """The line with one more order, which goes before all that wait."""
    if name in line.orders:
        raise InputError(f"there is already an order {name}")
    return replace(line, orders={**line.orders, name: replace(order, urgent=True)})


def with_machine_down(line: Line, station: str, down: Down) -> Line:
    """The line with the first machine of a station down for a while."""
    if station not in line.stations:
        raise InputError(f"there is no station '{station}'", remedy="one of " + ", ".join(line.stations))
    changed = line.stations[station]
    return replace(line, stations={**line.stations, station: replace(changed, down=(*changed.down, down))})


def _figures(line: Line, trace: Trace) -> dict[str, float]:
    start = min(lot.arrived for lot in trace.lots)
    span = trace.end - start
    good = sum(lot.n_parts - lot.lost for lot in trace.lots)
    in_system = sum(lot.n_parts * (lot.done - lot.arrived) for lot in trace.lots)
    parts = sum(lot.n_parts for lot in trace.lots)
    late = [_end(trace, name) - order.due for name, order in line.orders.items() if order.due is not None]
    occupied = {name: 0.0 for name in line.stations}
    for stay in trace.stays:
        if stay.order:
            occupied[_station(line, stay.machine)] += stay.end - stay.start
    ready = sum(station.ready_power * station.n_machines for station in line.stations.values()) * span
    energy = ready + trace.energy
    cost = sum(line.stations[name].rate * time for name, time in occupied.items())
    cost += energy * line.energy_price + trace.tools
    cost += sum(lot.n_parts * line.parts[line.orders[lot.order].part].material for lot in trace.lots)
    return {
        "throughput_per_h": good / span * HOUR,
        "lead_time_h": in_system / parts / HOUR,
        "wip": in_system / span,
        "late_pct": 100 * float(np.mean(np.array(late) > 0)) if late else np.nan,
        "lateness_h": float(np.mean(late)) / HOUR if late else np.nan,
        "energy_kwh": energy / KWH / max(good, 1),
        "cost_eur": cost / max(good, 1),
    }


def _shares(line: Line, trace: Trace) -> dict[str, dict[str, float]]:
    """Share of each station's machine time in each state, from the first release to the last part."""
    start = min(lot.arrived for lot in trace.lots)
    span = trace.end - start
    time = {name: dict.fromkeys(STATES, 0.0) for name in line.stations}
    for stay in trace.stays:
        inside = max(0.0, min(stay.end, trace.end) - max(stay.start, start))
        time[_station(line, stay.machine)][stay.state] += inside
    found = {}
    for name, station in line.stations.items():
        share = {state: t / (span * station.n_machines) for state, t in time[name].items()}
        found[name] = {**share, "idle": 1 - sum(share.values())}
    return found


def _station(line: Line, machine: str) -> str:
    return machine if machine in line.stations else machine.rpartition(" ")[0]


def _end(trace: Trace, order: str) -> float:
    return max(lot.done for lot in trace.lots if lot.order == order)


def queue_over_time(trace: Trace, station: str, time: Sequence[float] | np.ndarray) -> np.ndarray:
    """(time,) parts that wait before a station."""
    when, parts = np.array(trace.queue[station]).T
    return parts[np.searchsorted(when, np.asarray(time), side="right") - 1]
