"""Makes the parts of job orders as a run of the twin predicts them; time, energy and cost scatter as is believed."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml

from hardware.serve.opcua_jobs import MadePart, Maker
from twin.production.cost.account import drawn, machining, waiting
from twin.production.cost.economics import Economics
from twin.production.cost.operations import operations_of
from twin.production.shop.isa95 import JobOrder
from twin.result import load
from twin.settings import read_settings

KWH = 3.6e6


def run_maker(folder: Path, seed: int = 1) -> tuple[str, Maker]:
    """The work master that a run is (its scenario), and what makes its parts.

    Raises:
        InputError: no finished run.
    """
    result = load(folder)
    config = yaml.safe_load((folder / "config.yaml").read_text())
    operations = operations_of(result, config)
    economics = read_settings(Economics, "economics", "standard")
    random = np.random.default_rng(seed)

    def make(order: JobOrder) -> Iterator[MadePart]:
        e = drawn(economics, order.quantity, random)
        heat = random.standard_normal(order.quantity)
        loading = waiting(e.times.loading.time, e, people=e.times.loading.time)
        parts = sum((machining(operation, e, heat) for operation in operations), loading)
        lost = random.random(order.quantity) < e.trust.other_scrap.value
        for k in range(order.quantity):
            data = {"energy_kwh": float(parts.total_energy[k] / KWH), "cost_eur": float(parts.cost[k])}
            yield MadePart(time=float(parts.time[k]), good=not lost[k], data=data)

    return str(result.tree.attrs["scenario"]), make
