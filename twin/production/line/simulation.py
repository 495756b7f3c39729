"""A discrete-event simulation of the line (SimPy): one replication from empty to the last part.

A lot goes through its steps whole: it waits at the station, is set up where the machine made another part last, its
parts are worked one after the other, and it is carried on when the last one is done. Set-up, tool change and repair
need one of the operators, and are begun within a shift; what is begun is finished. Every random number belongs to what
it is of (a part's step, a machine), so that two variants of a line meet the same luck.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from twin.production.extra import production_library
from twin.production.line.config import Line, LineOrder
from twin.production.line.machine import Machine, OrderLuck, Queue, urgency
from twin.production.line.trace import Lot, Trace


def simulate_line(line: Line, seed: int, replication: int) -> Trace:
    """Run the line once; every step states its time (:func:`twin.production.line_inputs.with_runs` asks the twin).

    Raises:
        InputError: SimPy is not installed.
    """
    simpy = production_library("simpy")
    trace, clock = Trace(queue={name: [(0.0, 0)] for name in line.stations}), simpy.Environment()
    crew = simpy.Resource(clock, line.n_operators) if line.n_operators else None
    queues = {name: Queue(clock, trace.queue[name]) for name in line.stations}
    names = list(line.stations)
    luck = {
        name: OrderLuck(line, order, (seed, replication, 0, k)) for k, (name, order) in enumerate(line.orders.items())
    }
    for k, name in enumerate(names):
        station = line.stations[name]
        for number in range(station.n_machines):
            random = np.random.default_rng((seed, replication, 1, k, number))
            label = name if station.n_machines == 1 else f"{name} {number + 1}"
            machine = Machine(line, name, label, clock, random, trace, queues, luck, crew, first=number == 0)
            clock.process(machine.live())
    for k, (name, order) in enumerate(line.orders.items()):
        clock.process(
            _release(clock, line, name, order, queues, trace, np.random.default_rng((seed, replication, 2, k)))
        )
    clock.run()
    return trace


def _release(
    clock: Any,
    line: Line,
    name: str,
    order: LineOrder,
    queues: dict[str, "Queue"],
    trace: Trace,
    random: np.random.Generator,
) -> Iterator[Any]:
    """Send an order's lots into the line."""
    yield clock.timeout(order.release)
    first = 0
    station = next(iter(line.parts[order.part].steps.values())).station
    for number, size in enumerate(order.lots):
        if order.between is not None:
            yield clock.timeout(random.exponential(order.between))
        lot = Lot(name, number, first, size, arrived=clock.now)
        first += size
        trace.lots.append(lot)
        queues[station].put(urgency(line, order, clock.now), lot, 0)
