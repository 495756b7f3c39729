"""What a sweep is: the schema of conf/sweep, its rows in groups and chunks, and its identity."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from twin.cache import content_key
from twin.compiled import source_digest
from twin.compose import compose
from twin.config import build
from twin.errors import InputError
from twin.production.cost.economics import Economics
from twin.scenario import scenario_of
from twin.settings import read_settings
from twin.sweep.designs import BLOCK, Row, rows_of
from twin.sweep.parameters import base_value, is_batched, is_quantity
from twin.sweep.validity import batchable, shortcomings

SECTION = "sweep"
PROCESS_ONLY = ("bench", "advice", "compensation", "validation")  # sections that a run does not read


@dataclass(frozen=True, kw_only=True)
class SweepConfig:
    """conf/sweep."""

    name: str
    """Of the sweep's folder."""
    design: Any
    """What is varied: a kind of design and what it takes, see docs/sweeps.md."""
    evaluate: Literal["batch", "run"] = "batch"
    """Scenarios that only change the process in batches; or each as a whole run, slower by far."""
    n_chunk: int = 1024
    """Scenarios that are computed, written and lost together; one job of a multirun."""
    n_summary: int = 4096
    """Samples of the surface that the summary of the deviation is made of."""
    n_feature: int = 256
    """Samples of each inspected feature, at most."""
    maps: bool = False
    """Also write the deviation of every sample of the summary, for each scenario."""
    economics: str = "standard"
    """Prices that the cost of a part is made of: a file of conf/economics."""
    n_keep: int = 0
    """Best scenarios that are also made as whole runs, with a run folder each: to be looked at, reported, compared."""
    keep_by: str = "deviation_95pct_um"
    """Result that is small in the best ones."""

    def __post_init__(self) -> None:
        if min(self.n_chunk, self.n_summary, self.n_feature, self.n_keep + 1) < 1 or "/" in self.name or not self.name:
            raise InputError("sweep: a count is not positive, or the name is no name of a folder")


@dataclass(frozen=True)
class Chunk:
    """Scenarios of one machined part."""

    number: int
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Sweep:
    """A sweep, ready to be run."""

    settings: SweepConfig
    overrides: tuple[str, ...]  # of the scenario, without those of the sweep
    conf: Path | None
    config: dict[str, Any]  # the scenario's, as composed
    rows: tuple[Row, ...]  # what each scenario changes
    chunks: tuple[Chunk, ...]
    economics: Economics
    base: dict[str, float]  # what the scenario itself has for each key that is a number
    notes: tuple[str, ...]  # what batches of it leave out
    digest: str  # of everything that its results depend on

    @property
    def folder_name(self) -> str:
        """A changed sweep gets a folder of its own."""
        return f"{self.settings.name}-{self.digest[:8]}"

    @property
    def keys(self) -> tuple[str, ...]:
        """Everything that varies, in the order of the design."""
        return tuple(dict.fromkeys(key for row in self.rows for key in row if key != BLOCK))

    def row_key(self, row: int) -> str:
        """Identity of a scenario within any sweep of this one."""
        return content_key(self.rows[row])[:16]


def load_sweep(overrides: Sequence[str], conf: Path | None = None) -> Sweep:
    """The sweep that the overrides compose: ``["sweep=example", "model.removal.resolution_mm=0.5"]``.

    Raises:
        InputError: no sweep is named, or whatever is wrong in it or in the scenario.
    """
    composed = compose(with_settings(overrides), conf=conf)
    section = composed.pop(SECTION, None)
    if not section:
        raise InputError("no sweep is named", remedy="twin sweep sweep=example (`twin show` lists them)")
    settings = build(SweepConfig, section, SECTION)
    rows = tuple(rows_of(settings.design))
    _check(rows, settings)
    own = tuple(o for o in overrides if o.lstrip("+").partition("=")[0].partition(".")[0] != SECTION)
    scenario = scenario_of(composed, conf=conf)
    read = {key: value for key, value in composed.items() if key not in PROCESS_ONLY}
    economics = read_settings(Economics, "economics", settings.economics, (), conf)
    told = dataclasses.replace(settings, n_chunk=1, n_keep=0, keep_by="")
    solids = (scenario.program_text, scenario.stock, scenario.target, scenario.fixtures, scenario.features)
    digest = content_key(read, told, economics, rows, solids, scenario.thin_walls, source_digest())
    keys = dict.fromkeys(key for row in rows for key in row if is_quantity(key))
    if not batchable(scenario):
        settings = dataclasses.replace(settings, evaluate="run")
    notes = shortcomings(scenario, [key for key in keys if is_inner(settings, key)], economics)
    base = {key: base_value(scenario, key) for key in keys}
    chunks = _chunks(rows, settings)
    return Sweep(settings, own, conf, composed, rows, chunks, economics, base, notes, digest)


def with_settings(overrides: Sequence[str]) -> list[str]:
    """``overrides`` in which a setting of the sweep may be one that its file leaves out: ``sweep.n_keep=3``."""
    names = tuple(f"{SECTION}.{field.name}" for field in dataclasses.fields(SweepConfig))
    return [f"++{word}" if word.partition("=")[0] in names else word for word in overrides]


def _check(rows: Sequence[Row], settings: SweepConfig) -> None:
    """Raise InputError where values cannot be what their keys ask for."""
    for row in rows:
        for key, value in row.items():
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if key != BLOCK and is_quantity(key) and not number:
                raise InputError(f"sweep.design: {key} is {value!r}, not a number")


def is_inner(sweep: SweepConfig, key: str) -> bool:
    """Whether ``key`` varies within a batch."""
    return sweep.evaluate == "batch" and is_batched(key)


def static_part(settings: SweepConfig, row: Row) -> Row:
    """What makes another machined part of the scenario ``row``."""
    return {key: value for key, value in row.items() if key != BLOCK and not is_inner(settings, key)}


def _chunks(rows: Sequence[Row], settings: SweepConfig) -> tuple[Chunk, ...]:
    """Rows of the same machined part together, ``n_chunk`` at most."""
    groups: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        groups.setdefault(json.dumps(static_part(settings, row), sort_keys=True, default=str), []).append(number)
    found: list[tuple[int, ...]] = []
    for members in groups.values():
        found += [tuple(members[i : i + settings.n_chunk]) for i in range(0, len(members), settings.n_chunk)]
    return tuple(Chunk(number, some) for number, some in enumerate(found))
