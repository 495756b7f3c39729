"""The scenarios of a chunk evaluated: in batches of one machined part, or each as a run."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from twin.cache import content_key
from twin.compose import compose
from twin.errors import InputError
from twin.scenario import Scenario, scenario_of
from twin.simulate import machine, predict
from twin.sweep.designs import BLOCK, Row
from twin.sweep.evaluator import Evaluator
from twin.sweep.folder import DONE, FAILED, Outcome
from twin.sweep.maps import write_maps
from twin.sweep.parameters import Parameter, changed, is_quantity
from twin.sweep.prepared import prepared
from twin.sweep.results import DOUBT
from twin.sweep.run_results import run_results
from twin.sweep.settings import Sweep, is_inner, static_part

Say = Callable[[str], None]
_last: dict[str, dict[int, str]] = {}  # rows that cannot be, of one machined part: its chunks follow each other


def evaluate(
    sweep: Sweep, chunk: int, rows: Sequence[int], folder: Path, say: Say = lambda stage: None
) -> tuple[list[Outcome], list[str]]:
    """What comes out of ``rows`` of a chunk, which share their machined part, and the names of the results.

    A scenario that cannot be is an outcome with its error, and does not stop the others.
    """
    static = static_part(sweep.settings, sweep.rows[rows[0]])
    group = [row for row, own in enumerate(sweep.rows) if static_part(sweep.settings, own) == static]
    inner = [key for key in sweep.keys if is_inner(sweep.settings, key)]
    if not inner or len(group) == 1:
        outcomes = [_run(sweep, row, say) for row in rows]
        return outcomes, list(dict.fromkeys(name for o in outcomes for name in o.results or {}))
    try:
        config = _static_config(sweep, static)
        key = content_key(sweep.digest, config)
        if key not in _last:
            _last.clear()
            _last[key] = _impossible(config, sweep, inner, group)
        bad = _last[key]
        evaluator = prepared(
            sweep, config, bounds_of(sweep, inner, [row for row in group if row not in bad]), folder, say
        )
    except InputError as error:
        return [Outcome(row, FAILED, str(error)) for row in rows], []
    good, names = [row for row in rows if row not in bad], list(evaluator.results)
    outcomes = [Outcome(row, FAILED, bad[row], "batch") for row in rows if row in bad]
    if good:
        values = _values(sweep, inner, good, evaluator)
        for row, found in zip(good, evaluator(values), strict=True):
            outcomes.append(_judged(row, dict(zip(names, map(float, found), strict=True)), "batch"))
        if sweep.settings.maps:
            write_maps(folder, chunk, good, evaluator, values)
    return sorted(outcomes, key=lambda outcome: outcome.row), names


def _values(sweep: Sweep, inner: Sequence[str], rows: Sequence[int], evaluator: Evaluator) -> np.ndarray:
    """Values (row, parameter); what a row leaves out is as in the scenario."""
    base = dict(zip(inner, evaluator.base, strict=True))
    return np.array([[sweep.rows[row].get(key, base[key]) for key in inner] for row in rows], dtype=float)


def bounds_of(sweep: Sweep, inner: Sequence[str], rows: Sequence[int]) -> tuple[Parameter, ...]:
    """Each key of a batch between its lowest and highest value in ``rows``."""
    found = []
    for key in inner:
        values = [sweep.rows[row].get(key, sweep.base[key]) for row in rows] or [sweep.base[key]]
        found.append(Parameter(key, float(min(values)), float(max(values))))
    return tuple(found)


def _judged(row: int, results: dict[str, float], by: str) -> Outcome:
    """Done, unless a result is no number."""
    lost = [name for name, value in results.items() if not np.isfinite(value)]
    if lost:
        return Outcome(row, FAILED, f"{', '.join(lost[:3])} came out as no number", by)
    return Outcome(row, DONE, "", by, _warning(results), results)


def _warning(results: dict[str, float]) -> str:
    """What is not to be trusted silently."""
    doubt = results.get(DOUBT, 0.0)
    if doubt <= 0:
        return ""
    return (
        f"cuts of {doubt:.2g} % of the surface begin or cease to chatter: walls there may be some 20 um off "
        "(sweep.evaluate=run follows them)"
    )


def _run(sweep: Sweep, row: int, say: Say) -> Outcome:
    """One scenario as a run of its own."""
    try:
        scenario = scenario_of_row(sweep, row)
        prediction = predict(scenario, machine(scenario, say), say)
        return _judged(row, run_results(scenario, prediction, sweep.economics), "run")
    except InputError as error:
        return Outcome(row, FAILED, str(error), "run")


def scenario_of_row(sweep: Sweep, row: int) -> Scenario:
    """The scenario of a row by itself.

    Raises:
        InputError: its values cannot be.
    """
    own = {key: value for key, value in sweep.rows[row].items() if key != BLOCK}
    config = changed(_static_config(sweep, own, quantities=False), {k: v for k, v in own.items() if is_quantity(k)})
    return scenario_of(config, conf=sweep.conf)


def _static_config(sweep: Sweep, static: Row, quantities: bool = True) -> dict[str, Any]:
    """The configuration with the choices in ``static``, and its quantities where asked."""
    choices = [f"{key}={value}" for key, value in static.items() if not is_quantity(key)]
    config = compose([*sweep.overrides, *choices], conf=sweep.conf) if choices else sweep.config
    return changed(config, {k: v for k, v in static.items() if is_quantity(k)}) if quantities else config


def _impossible(config: dict[str, Any], sweep: Sweep, inner: Sequence[str], rows: Sequence[int]) -> dict[int, str]:
    """Rows whose values the configuration refuses, with the reason: found by halving the values of each key."""

    def refused(key: str, value: float) -> str:
        try:
            scenario_of(changed(config, {key: value}), conf=sweep.conf)
        except InputError as error:
            return str(error)
        return ""

    def search(key: str, values: list[float]) -> dict[float, str]:
        found = {value: why for value in {values[0], values[-1]} if (why := refused(key, value))}
        if not found or len(values) <= 2:
            return found
        middle = len(values) // 2
        return search(key, values[:middle]) | search(key, values[middle:])

    bad: dict[int, str] = {}
    for key in inner:
        values = sorted({sweep.rows[row][key] for row in rows if key in sweep.rows[row]})
        for value, why in (search(key, values) if values else {}).items():
            bad |= {row: why for row in rows if sweep.rows[row].get(key) == value}
    return bad
