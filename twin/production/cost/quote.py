"""The quotation of a part: time, tools, energy, cost and risk, each with its interval and where it comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

from twin.config import build
from twin.cutting.material import PhysicalProperties
from twin.errors import InputError
from twin.inspection.tolerance import ToleranceRow
from twin.production.cost.account import Account, drawn, machining, waiting
from twin.production.cost.economics import Economics
from twin.production.cost.operations import Operation
from twin.production.spread import Interval, spread_of
from twin.result import Result
from twin.units import MM, UM, Length

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
        if self.lot > self.quantity:
            raise InputError(f"lots of {self.lot} of {self.quantity} parts", remedy="a lot has at most all parts")
        if not 0 <= self.inspected <= 1:
            raise InputError(f"a share of {self.inspected} parts is inspected", remedy="between 0 and 1")


@dataclass(frozen=True)
class Limits:
    """Characteristics of a part that have limits."""

    names: tuple[str, ...]
    error: np.ndarray  # (characteristic,) [m] predicted
    lower: np.ndarray  # (characteristic,) [m] of the error; -inf: none
    upper: np.ndarray  # (characteristic,) [m]; inf: none
    size: np.ndarray  # (characteristic,) a size, which can be corrected; else form or position
    drawn: np.ndarray  # (characteristic,) by the drawing; else by the general tolerance


@dataclass(frozen=True)
class Risk:
    """What could make it dearer; every probability of one part."""

    first_part: tuple[float, float]  # the uncorrected part is out: all characteristics err together, each by itself
    worst: tuple[tuple[str, float], ...]  # characteristic -> probability, most likely first
    n_judged: tuple[int, int]  # characteristics judged by the drawing, sizes judged by the general tolerance
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
    drawing: Sequence[ToleranceRow] = (),
) -> Quotation:
    """What one good part of the run costs.

    Args:
        result: the run.
        operations: as :func:`twin.production.operations.operations_of` finds them.
        material: name and density [kg/m3].
        n: draws of everything that scatters.
        tolerance: of sizes that the drawing says nothing about.
        drawing: tolerances of the scenario.

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
    limits = limits_of(result, tolerance, drawing)
    first = out_of_tolerance(limits, trust.accuracy.accuracy.value)
    lost = _lost(first, limits, e, order, random)
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
            n_judged=(int(limits.drawn.sum()), int((~limits.drawn).sum())),
            chatter=float(volume[segments.chatter_margin.values < 1].sum() / max(volume.sum(), 1e-12)),
            above=float(np.mean(cost > 1.1 * cost.mean())),
            warnings=len(str(attrs["warnings"]).splitlines()),
            collisions=len(str(attrs["collisions"]).splitlines()),
        ),
        notes=tuple(notes),
    )


def _lost(first: Outside, limits: Limits, e: Any, order: Order, random: np.random.Generator) -> np.ndarray:
    """(draw,) parts lost for one good part: the first of the order, cut as predicted, and what scatters about the
    corrected sizes afterwards, or is lost to other causes."""
    n = len(e.trust.time.value)
    later = out_of_tolerance(limits, float(e.trust.repeatability.accuracy[0]), corrected=True)
    scrap = 1 - (1 - random.uniform(*later[:2], n)) * (1 - np.minimum(e.trust.other_scrap.value, 0.9))
    return scrap / np.maximum(1 - scrap, 0.01) + random.uniform(*first[:2], n) / order.quantity


def limits_of(result: Result, tolerance: GeneralTolerance, drawing: Sequence[ToleranceRow] = ()) -> Limits:
    """Limits of every characteristic of the run that the drawing, or for a size the general tolerance, gives some."""
    features = result["features"]
    nominal, error = features.nominal_mm.values * MM, features.error_um.values * UM
    half = tolerance.of(nominal)
    rows: list[tuple[str, float, float, float, bool, bool]] = []
    for k, key in enumerate(zip(features.name.values, features.characteristic.values, strict=True)):
        row = next((row for row in drawing if row.fits(*key)), None)
        size = key[1] in SIZES
        if not np.isfinite(error[k]) or (row is None and not size):
            continue
        low, high = (-half[k], half[k]) if row is None else (row.lower, row.upper)
        ends = (-np.inf if low is None else float(low), np.inf if high is None else float(high))
        rows.append((" ".join(map(str, key)), float(error[k]), *ends, size, row is not None))
    names, *columns = zip(*rows, strict=True) if rows else ((),) * 6
    found, lower, upper = (np.array(column, float) for column in columns[:3])
    return Limits(names, found, lower, upper, np.array(columns[3], bool), np.array(columns[4], bool))


def out_of_tolerance(limits: Limits, deviation: float, corrected: bool = False) -> Outside:
    """Probability that any characteristic of a part lies outside: as little as it can be, if all err together; if each
    errs by itself; and of the likeliest ones.

    Args:
        deviation: of a characteristic about its prediction [m], normal.
        corrected: sizes are about the middle of their limits instead; forms and positions stay as predicted.
    """
    if not limits.names:
        return 0.0, 0.0, ()
    two_sided = limits.size & np.isfinite(limits.lower) & np.isfinite(limits.upper)
    error = limits.error.copy()
    if corrected:
        error[two_sided] = (limits.lower[two_sided] + limits.upper[two_sided]) / 2
    outside = 1 - (ndtr((limits.upper - error) / deviation) - ndtr((limits.lower - error) / deviation))
    order = np.argsort(-outside)[:5]
    return (
        float(outside.max(initial=0.0)),
        float(max(1 - np.prod(1 - outside), outside.max(initial=0.0))),
        tuple((limits.names[i], float(outside[i])) for i in order),
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
