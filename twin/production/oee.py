"""Utilisation and overall equipment effectiveness (OEE) by ISO 22400-2:2014, each figure with its definition.

The time model of a work unit there: planned busy time PBT = AUBT + ADOT; actual unit busy time AUBT = AUPT + ADET;
actual unit processing time AUPT = APT + AUST. What was not observed belongs to none of them: figures are computed from
the observed time, and stand in bounds that hold whatever the machine did unobserved.
"""

import math
from dataclasses import dataclass

from twin.errors import InputError
from twin.production.machine_states import State, Timeline

HOUR = 3600.0
EFFECTIVENESS = "PRI x PQ / APT"
TOO_HIGH = "above 100 %: PRI is too long, or not everything that was counted is a part; the OEE is as wrong"


@dataclass(frozen=True)
class Quantities:
    """What was made; None: nobody says."""

    produced: int | None = None
    """Produced quantity PQ."""
    good: int | None = None
    """Good quantity GQ."""
    planned_run_time: float | None = None
    """Planned run time per item PRI [s]."""


@dataclass(frozen=True)
class Figure:
    """One figure."""

    name: str
    value: float
    """NaN: not known, see ``why``."""
    low: float
    high: float
    """Whatever the machine did while nobody observed it, the figure is not outside."""
    unit: str
    definition: str
    why: str = ""
    """It is not known, or cannot be right."""


@dataclass(frozen=True)
class Times:
    """The elements of the time model [s]."""

    planned: float
    """PBT: the whole period, which is taken as planned."""
    production: float
    setup: float
    delay: float
    down: float
    unobserved: float

    @property
    def processing(self) -> float:
        """AUPT."""
        return self.production + self.setup

    @property
    def busy(self) -> float:
        """AUBT."""
        return self.processing + self.delay


def times_of(timeline: Timeline) -> Times:
    """How long each element lasted."""
    seconds = timeline.seconds()
    return Times(
        planned=sum(seconds.values()),
        production=seconds[State.PRODUCTION],
        setup=seconds[State.SETUP],
        delay=seconds[State.DELAY],
        down=seconds[State.DOWN],
        unobserved=seconds[State.UNOBSERVED],
    )


ELEMENTS = (
    ("planned busy time PBT", "planned", "the period that is looked at, all of it taken as planned"),
    ("actual production time APT", "production", "a program executes, and the control is not in a manual mode"),
    ("actual unit set-up time AUST", "setup", "the control is in manual mode, manual data input or editing"),
    ("actual unit delay time ADET", "delay", "a program is held, interrupted or stopped by itself, and waits to go on"),
    ("actual unit down time ADOT", "down", "the control could execute a program, and does not"),
    ("unobserved", "unobserved", "the control was unavailable, or silent for longer than stated"),
)


def figures(times: Times, quantities: Quantities = Quantities()) -> tuple[Figure, ...]:
    """Every figure, in the order of their use.

    Raises:
        InputError: more good parts than parts, a negative number, nothing observed.
    """
    _check(times, quantities)
    t, observed = times, times.planned - times.unobserved
    pq, gq, pri = quantities.produced, quantities.good, quantities.planned_run_time

    def share(name: str, part: float, whole: float, definition: str) -> Figure:
        """part/whole; the unobserved time may be all in ``part``, or in what of the whole is not ``part``."""
        low = part / (whole + t.unobserved) if whole + t.unobserved else math.nan
        high = (part + t.unobserved) / (whole + t.unobserved) if whole + t.unobserved else math.nan
        if not whole > 0:
            return Figure(name, math.nan, low, high, "%", definition, "its denominator was not observed")
        return Figure(name, 100 * part / whole, 100 * low, 100 * high, "%", definition)

    found = [
        share("availability", t.production, observed, "APT / PBT"),
        share("allocation of busy time", t.busy, observed, "AUBT / PBT"),
        share("utilisation efficiency", t.production, t.busy, "APT / AUBT"),
        share("technical efficiency", t.production, t.production + t.delay, "APT / (APT + ADET)"),
        share("set-up ratio", t.setup, t.processing, "AUST / AUPT"),
    ]
    missing = _missing(pq, gq, pri)
    if pq is None or pri is None:
        found.append(_unknown("effectiveness", "%", EFFECTIVENESS, missing["effectiveness"]))
    else:
        found.append(_effectiveness(t, pq * pri))
    if not pq or gq is None:
        found.append(_unknown("quality ratio", "%", "GQ / PQ", missing["quality"]))
    else:
        ratio = 100 * gq / pq
        found.append(Figure("quality ratio", ratio, ratio, ratio, "%", "GQ / PQ"))
    found.append(_index("OEE index", t, quantities, missing["oee"], with_setup=False))
    found.append(_index("net equipment effectiveness NEE", t, quantities, missing["oee"], with_setup=True))
    if pq is None:
        found.append(_unknown("throughput rate", "1/h", "PQ / PBT", missing["throughput"]))
    else:
        found.append(
            Figure(
                "throughput rate", pq / observed * HOUR, pq / t.planned * HOUR, pq / observed * HOUR, "1/h", "PQ / PBT"
            )
        )
    return tuple(found)


def _unknown(name: str, unit: str, definition: str, why: str) -> Figure:
    return Figure(name, math.nan, math.nan, math.nan, unit, definition, why)


def _effectiveness(t: Times, earned: float) -> Figure:
    """``earned`` = PRI x PQ [s], in bounds of APT."""
    if not t.production > 0:
        return _unknown("effectiveness", "%", EFFECTIVENESS, "no production was observed")
    value, low = 100 * earned / t.production, 100 * earned / (t.production + t.unobserved)
    return Figure("effectiveness", value, low, value, "%", EFFECTIVENESS, TOO_HIGH if value > 100 else "")


def _index(name: str, t: Times, quantities: Quantities, why: str, *, with_setup: bool) -> Figure:
    """A x E x Q, with AUPT instead of APT in A for the NEE. APT cancels in the OEE: it is GQ x PRI / PBT."""
    definition = f"{'AUPT / PBT' if with_setup else 'APT / PBT'} x effectiveness x quality ratio"
    gq, pri = quantities.good, quantities.planned_run_time
    why = why or ("" if t.production > 0 else "no production was observed")
    if why or gq is None or pri is None:
        return _unknown(name, "%", definition, why)

    def index(production: float, setup: float, planned: float) -> float:
        return 100 * gq * pri / planned * (1 + (setup / production if with_setup else 0))

    # The parts are known. What was not observed can have been no production, production, or set-up.
    seen = index(t.production, t.setup, t.planned - t.unobserved)
    ends = [index(t.production + p, t.setup + s, t.planned) for p, s in ((0, 0), (t.unobserved, 0), (0, t.unobserved))]
    return Figure(name, seen, min(seen, *ends), max(seen, *ends), "%", definition)


def _missing(pq: int | None, gq: int | None, pri: float | None) -> dict[str, str]:
    """Why a figure is not known; empty: it is."""
    words = {
        "PQ is not known": pq is None,
        "GQ is not known": gq is None,
        "PRI is not known": pri is None,
        "no part was produced": pq == 0,
    }

    def why(*asked: str) -> str:
        return "; ".join(text for text in asked if words[text])

    parts, good, planned, none = words
    return {
        "effectiveness": why(parts, planned),
        "quality": why(parts, none) or why(good),
        "oee": why(parts, good, planned, none),
        "throughput": why(parts),
    }


def _check(times: Times, quantities: Quantities) -> None:
    pq, gq, pri = quantities.produced, quantities.good, quantities.planned_run_time
    if not times.planned > times.unobserved:
        raise InputError("nothing was observed in that period", remedy="choose another period, or another log")
    for name, value in (("produced parts", pq), ("good parts", gq), ("the planned run time per item", pri)):
        if value is not None and not value >= 0:
            raise InputError(f"{name} cannot be {value:g}", remedy="a number from zero on")
    if pq is not None and gq is not None and gq > pq:
        raise InputError(f"{gq} good parts of {pq} produced", remedy="good parts are a part of the produced ones")
