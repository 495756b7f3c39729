"""One job of `twin search`: best values of some parameters of a scenario, checked by a whole run.

outputs/searches/NAME-DIGEST/
    search.yaml     what was asked: settings and scenario; its digest names the folder, so that nothing is ever mixed
    starts.jsonl    gradient: where each start ended;  study.db   optuna: all trials (SQLite)
    tried.parquet   everything that was tried
    best.json       the best one, and what a whole run says of it
    search.png
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from twin.compiled import source_digest
from twin.compose import compose
from twin.errors import InputError
from twin.production.cost.economics import Economics
from twin.scenario import Scenario, scenario_of
from twin.settings import of_group, read_settings, split_words
from twin.simulate import machine, predict
from twin.sweep import gradient_search, optuna_search
from twin.sweep.evaluator import Evaluator, evaluator_of
from twin.sweep.parameters import Parameter, base_value, changed
from twin.sweep.run_results import run_results
from twin.sweep.search_settings import Limit, SearchConfig, column_of, limits_of, words_of

GROUP = "optimisation"
SEARCHES = "searches"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Best:
    """The end of a search; results in the units of their names."""

    folder: Path
    settings: SearchConfig
    limits: tuple[Limit, ...]
    words: tuple[str, ...]  # of `twin run`, that make it
    kept: bool
    n_tried: int
    before: dict[str, float]  # results of the scenario as it is
    promised: dict[str, float]  # of the best by the batched evaluator
    checked: dict[str, float]  # of the best by a whole run


def run_search(words: Sequence[str], *, outputs: Path, conf: Path | None = None, say: Say = lambda stage: None) -> Best:
    """Search, or go on with a search that was interrupted; check the best by a whole run.

    Args:
        words: ``key=value`` of the scenario, ``optimisation=NAME`` and ``optimisation.KEY=value``.
        outputs: the folder of all runs.
        conf: folder of further groups.
        say: is told each stage as it begins.

    Raises:
        InputError: bad input of any kind.
    """
    chosen, changes, plain = split_words(words, (GROUP,))
    if plain:
        raise InputError(f"'{plain[0]}' is no key=value", remedy="`twin search --help`")
    mine, overrides = of_group(changes, GROUP)
    settings = read_settings(SearchConfig, GROUP, chosen.get(GROUP, "example"), mine, conf)
    prices = read_settings(Economics, "economics", settings.economics, (), conf)
    folder = _folder(settings, overrides, outputs)
    say("preparing the scenario as it is")
    parameters = _around(settings, scenario_of(compose(overrides, conf=conf), conf=conf))
    evaluate = cache(lambda fixed: evaluator_of([*overrides, *fixed], parameters, conf=conf, say=say, economics=prices))
    base: Evaluator = evaluate(())
    limits = limits_of(settings.limits, base.results)
    column_of(settings.goal, base.results)
    method = _by_gradients if settings.method == "gradient" else _by_optuna
    values, kept, rows = method(settings, limits, evaluate, folder, say)
    pq.write_table(pa.Table.from_pylist(rows), folder / "tried.parquet")
    fixed = tuple(words_of({key: value for key, value in values.items() if key not in settings.variables}))
    at_best = evaluate(fixed)
    numbers = {key: float(values[key]) for key in settings.variables}
    say("checking the best by a whole run")
    scenario = scenario_of(changed(compose([*overrides, *fixed], conf=conf), numbers), conf=conf)
    best = Best(
        folder,
        settings,
        limits,
        (*overrides, *words_of(values)),
        kept,
        len(rows),
        dict(zip(base.results, base(base.base)[0].tolist(), strict=True)),
        dict(zip(at_best.results, at_best(np.array([list(numbers.values())]))[0].tolist(), strict=True)),
        run_results(scenario, predict(scenario, machine(scenario, lambda stage: None), lambda stage: None), prices),
    )
    record = asdict(best) | {"folder": str(folder), "settings": asdict(settings)}
    (folder / "best.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    return best


def _around(settings: SearchConfig, scenario: Scenario) -> tuple[Parameter, ...]:
    """What is varied, with bounds that also hold the scenario as it is."""
    ends = ((p.key, p.low, base_value(scenario, p.key), p.high) for p in settings.parameters)
    return tuple(Parameter(key, min(low, now), max(high, now)) for key, low, now, high in ends)


def _folder(settings: SearchConfig, overrides: Sequence[str], outputs: Path) -> Path:
    """The folder of this very search."""
    asked = yaml.safe_dump(
        {"settings": json.loads(json.dumps(asdict(settings))), "scenario": list(overrides), "twin": source_digest()},
        sort_keys=False,
        allow_unicode=True,
    )
    folder = outputs / SEARCHES / f"{settings.name}-{hashlib.sha256(asked.encode()).hexdigest()[:8]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "search.yaml").write_text(asked)
    except OSError as error:
        raise InputError(f"cannot write the search: {error.strerror}", file=folder, remedy="--outputs") from None
    return folder


def _by_gradients(
    settings: SearchConfig, limits: Sequence[Limit], evaluate: Callable[..., Evaluator], folder: Path, say: Say
) -> tuple[dict[str, Any], bool, list[dict[str, Any]]]:
    """Best values, whether they keep the limits, and one row an evaluation."""
    evaluator = evaluate(())
    goal = column_of(settings.goal, evaluator.results)
    columns = [column_of(limit.name, evaluator.results) for limit in limits]

    def outcome(row: Any) -> Any:
        results = evaluator.function(row)
        left = [limit.left(results[column]) for limit, column in zip(limits, columns, strict=True)]
        return jnp.stack([settings.sign * results[goal], *left])

    low, high = np.array([(p.low, p.high) for p in settings.parameters]).T
    problem = gradient_search.Problem(outcome, low, high)
    first = np.clip(evaluator.base, low, high)
    file = folder / "starts.jsonl"
    known = [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []
    ends = {row["start"]: gradient_search.from_row(row) for row in known}
    for number, start in enumerate(gradient_search.starts(problem, first, settings.n_starts, settings.seed)):
        if number not in ends:
            say(f"start {number + 1} of {settings.n_starts}")
            ends[number] = gradient_search.search_from(problem, start, number)
            with file.open("a") as stream:
                stream.write(json.dumps(gradient_search.as_row(ends[number])) + "\n")
    best = gradient_search.best(list(ends.values()))
    names = [p.key for p in evaluator.parameters]
    rows = [
        {
            "start": end.start,
            **dict(zip(names, values, strict=True)),
            settings.goal: settings.sign * objective,
            "kept": gradient_search.is_kept(worst),
        }
        for end in sorted(ends.values(), key=lambda end: end.start)
        for *values, objective, worst in end.tried
    ]
    return dict(zip(names, best.values, strict=True)), best.kept, rows


def _by_optuna(
    settings: SearchConfig, limits: Sequence[Limit], evaluate: Callable[..., Evaluator], folder: Path, say: Say
) -> tuple[dict[str, Any], bool, list[dict[str, Any]]]:
    """Best values, whether they keep the limits, and one row a trial."""

    def of_batch(proposals: Sequence[dict[str, Any]]) -> list[tuple[float, list[float]] | str]:
        found: list[tuple[float, list[float]] | str] = [""] * len(proposals)
        by_choice: dict[tuple[str, ...], list[int]] = {}
        for place, proposal in enumerate(proposals):
            chosen = tuple(words_of({key: proposal[key] for key in settings.choices}))
            by_choice.setdefault(chosen, []).append(place)
        for fixed, places in by_choice.items():
            try:
                evaluator = evaluate(fixed)
                values = np.array([[proposals[p][q.key] for q in evaluator.parameters] for p in places])
                results = evaluator(values.reshape(len(places), -1))
            except InputError as error:
                for place in places:
                    found[place] = str(error)
                continue
            goal = column_of(settings.goal, evaluator.results)
            for place, row in zip(places, results, strict=True):
                missed = [-limit.left(row[column_of(limit.name, evaluator.results)]) for limit in limits]
                found[place] = (settings.sign * float(row[goal]), missed)
        return found

    space = optuna_search.Space(
        {key: low for key, (low, _) in settings.variables.items()},
        {key: high for key, (_, high) in settings.variables.items()},
        settings.choices,
    )
    trials = optuna_search.search(
        folder / "study.db", space, of_batch, settings.n_trials, batch=settings.n_batch, seed=settings.seed, say=say
    )
    best = optuna_search.best(trials)
    if best is None:
        raise InputError("every trial failed", file=folder / "study.db", remedy="run one of the choices by itself")
    rows = [
        {
            "trial": t.number,
            **t.values,
            settings.goal: settings.sign * t.objective,
            **{limit.name: limit.at(-missed) for limit, missed in zip(limits, t.missed, strict=True)},
            "kept": t.kept,
        }
        for t in trials
    ]
    return best.values, best.kept, rows


def missed(best: Best, results: Mapping[str, float]) -> list[str]:
    """Limits that ``results`` do not keep, within a thousandth."""
    return [limit.name for limit in best.limits if limit.left(results[limit.name]) < -1e-3]
