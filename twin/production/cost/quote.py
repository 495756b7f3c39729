"""The quotation of a part: time, tools, energy, cost and risk, each with its interval and where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

from twin.config import build
from twin.cutting.material import PhysicalProperties
from twin.errors import InputError
from twin.production.cost.account import Account, drawn, machining, waiting
from twin.production.cost.economics import Economics
from twin.production.cost.operations import Operation
from twin.production.spread import Interval, spread_of
from twin.result import Result
from twin.units import MM, Length

Outside = tuple[float, float, tuple[tuple[str, float], ...]]
SIZES = ("diameter", "thickness", "width", "height", "x", "y")  # what general tolerances speak of


@dataclass(frozen=True, kw_only=True)
class GeneralTolerance:
    """conf/tolerance: tolerances of sizes without one of their own."""

    name: str
    """Standard and class."""
    up_to: tuple[Length, ...]
    """Upper ends of the ranges of nominal size."""
    plus_minus: tuple[Length, ...]
    """Half the tolerance in each range."""
    source: str
    """Where it comes from."""

    def of(self, nominal: np.ndarray) -> np.ndarray:
        """Half the tolerance of each nominal size [m]; beyond the table its last row."""
        row = np.searchsorted(np.asarray(self.up_to), np.abs(nominal), side="left")
        return np.asarray(self.plus_minus)[np.minimum(row, len(self.plus_minus) - 1)]


@dataclass(frozen=True)
class Order:
    """What is asked for."""

    quantity: int
    lot: int  # parts of one set-up
    inspected: float = 1.0  # share of the parts

    def __post_init__(self) -> None:
        if self.quantity < 1 or self.lot < 1:
            raise InputError(f"a quotation of {self.quantity} parts in lots of {self.lot}", remedy="both at least 1")
        if not 0 <= self.inspected <= 1:
            raise InputError(f"a share of {self.inspected} parts is inspected", remedy="between 0 and 1")


@dataclass(frozen=True)
class Risk:
    """What could make it dearer; every probability of one part."""

    first_part: tuple[float, float]  # a size of the uncorrected part is out: all sizes err together, each by itself
    worst: tuple[tuple[str, float], ...]  # size -> probability, most likely first
    chatter: float  # share of the volume that is cut with chatter
    above: float  # probability that the cost exceeds its mean by 10 %
    warnings: int  # of the run
    collisions: int


@dataclass(frozen=True)
class Quotation:
    """Per good part, unless it says otherwise."""

    title: str
    order: Order
    accounts: dict[str, Account]  # by step: each operation, set-up, loading, material, inspection, scrap
    tools: dict[str, Interval]  # lives of each tool that one part uses
    scrap: Interval  # parts lost for one good part
    risk: Risk
    notes: tuple[str, ...]

    @property
    def total(self) -> Account:
        """All of it."""
        accounts = list(self.accounts.values())
        return sum(accounts[1:], accounts[0])

    @property
    def lead_time(self) -> np.ndarray:
        """(draw,) machine time of the whole order [s]."""
        return self.total.time * self.order.quantity


def quote(
    result: Result,
    operations: tuple[Operation, ...],
    economics: Economics,
    order: Order,
    tolerance: GeneralTolerance,
    material: tuple[str, float],
    n: int = 4000,
    seed: int = 1,
) -> Quotation:
    """What one good part of the run costs.

    Args:
        result: the run.
        operations: as :func:`twin.production.operations.operations_of` finds them.
        material: name and density [kg/m3].
        n: draws of everything that scatters.

    Raises:
        InputError: no price of the material or of a tool's kind.
    """
    random = np.random.default_rng(seed)
    economics.material(material[0])
    for operation in operations:
        economics.tool(operation.kind)
    e = drawn(economics, n, random)
    heat = random.standard_normal(n)
    accounts = {operation.name: machining(operation, e, heat) for operation in operations}
    loading = e.times.loading.time
    accounts["loading"] = waiting(loading, e, people=loading)
    mass = float(result.tree.attrs["stock_cm3"]) * 1e-6 * material[1]
    accounts["material"] = Account(np.zeros(n), {}, {"material": mass * e.material(material[0]).price})
    inspecting = order.inspected * e.times.inspection.time
    accounts["inspection"] = Account(np.zeros(n), {}, {"people": e.rates.inspector.rate * inspecting})
    trust = economics.trust
    first = out_of_tolerance(result, tolerance, trust.accuracy.accuracy.value)
    lost = _lost(first, result, tolerance, e, order, random)
    begun = sum(list(accounts.values())[1:], next(iter(accounts.values())))
    again = begun * lost
    accounts["scrap"] = Account(again.time, again.energy, {"scrap": again.cost})
    n_lots = -(-order.quantity // order.lot)
    setting = e.times.setup.time * n_lots / order.quantity
    accounts = {"set-up": waiting(setting, e, people=setting), **accounts}
    tools = {}
    for t in sorted({operation.tool for operation in operations}):
        mine = [operation for operation in operations if operation.tool == t]
        tools[f"T{t} {mine[0].tool_name}"] = spread_of(tool_lives(mine, e))
    segments = result["segments"]
    volume = segments.removed_mm3.values
    cost = sum((a.cost for a in accounts.values()), np.zeros(n))
    attrs = result.tree.attrs
    notes = []
    if all(operation.life_used is None for operation in operations):
        notes.append("no law of tool wear is known for the material: the lives are those of the price list")
    return Quotation(
        title=str(attrs["title"]),
        order=order,
        accounts=accounts,
        tools=tools,
        scrap=spread_of(lost),
        risk=Risk(
            first_part=first[:2],
            worst=first[2],
            chatter=float(volume[segments.chatter_margin.values < 1].sum() / max(volume.sum(), 1e-12)),
            above=float(np.mean(cost > 1.1 * cost.mean())),
            warnings=len(str(attrs["warnings"]).splitlines()),
            collisions=len(str(attrs["collisions"]).splitlines()),
        ),
        notes=tuple(notes),
    )


def _lost(
    first: Outside, result: Result, tolerance: GeneralTolerance, e: Any, order: Order, random: np.random.Generator
) -> np.ndarray:
    """(draw,) parts lost for one good part: the first of the order, cut as predicted, and what scatters about the
    corrected sizes afterwards, or is lost to other causes."""
    n = len(e.trust.time.value)
    later = out_of_tolerance(result, tolerance, float(e.trust.repeatability.accuracy[0]), corrected=True)
    scrap = 1 - (1 - random.uniform(*later[:2], n)) * (1 - np.minimum(e.trust.other_scrap.value, 0.9))
    return scrap / np.maximum(1 - scrap, 0.01) + random.uniform(*first[:2], n) / order.quantity


def out_of_tolerance(result: Result, tolerance: GeneralTolerance, deviation: float, corrected: bool = False) -> Outside:
    """Probability that any size of a part lies outside: as little as it can be, if all sizes err together; if each errs
    by itself; and of the likeliest sizes.

    Args:
        deviation: of a size about its prediction [m], normal.
        corrected: about its nominal value instead.
    """
    features = result["features"]
    sized = np.isin(features.characteristic.values, SIZES)
    if not sized.any():
        return 0.0, 0.0, ()
    nominal, error = features.nominal_mm.values[sized] * MM, features.error_um.values[sized] * 1e-6
    known = np.isfinite(error)
    half, error = tolerance.of(nominal[known]), np.zeros(known.sum()) if corrected else error[known]
    outside = 1 - (ndtr((half - error) / deviation) - ndtr((-half - error) / deviation))
    names = [
        f"{name} {what}"
        for name, what in zip(
            features.name.values[sized][known], features.characteristic.values[sized][known], strict=True
        )
    ]
    order = np.argsort(-outside)[:5]
    return (
        float(outside.max(initial=0.0)),
        float(max(1 - np.prod(1 - outside), outside.max(initial=0.0))),
        tuple((str(names[i]), float(outside[i])) for i in order),
    )


def tool_lives(operations: list[Operation], e: Any) -> np.ndarray:
    """(draw,) lives of their tool that the operations use."""
    used = np.zeros_like(e.trust.tool_life.value)
    for operation in operations:
        if operation.life_used is None:
            used = used + operation.cutting_time / e.tool(operation.kind).life
        else:
            used = used + operation.life_used / e.trust.tool_life.value
    return used


def material_of(config: Mapping[str, Any]) -> tuple[str, float]:
    """Name and density [kg/m3] of the run's material.

    Raises:
        InputError: its density is not known.
    """
    physical = build(PhysicalProperties, config["material"]["physical"], "material.physical")
    if physical.density is None:
        raise InputError(f"the density of {config['material']['name']} is not known", remedy="add it to its file")
    return str(config["material"]["name"]), physical.density.value
