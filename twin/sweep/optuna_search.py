"""Search over numbers, integers and choices together with Optuna's tree-structured Parzen estimator.

The study lies in an SQLite file: a search that was interrupted goes on where it stopped. Proposals are asked for and
evaluated in batches, those of a batch that are out held to be as bad as the worst known (constant liar).
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twin.errors import InputError

LIMITS = "limits"  # attribute of a trial: by how much it misses each limit, > 0 missed
FAILED = "failed"  # attribute of a trial: what went wrong
EXTRA = 'pip install "machining-twin[optuna]"'


@dataclass(frozen=True)
class Space:
    """What may be varied."""

    low: Mapping[str, float]
    """Numbers: least ..."""
    high: Mapping[str, float]
    """... and largest value."""
    choices: Mapping[str, Sequence[Any]]
    """Names with the values to choose from."""


@dataclass(frozen=True)
class Trial:
    """One evaluated proposal."""

    number: int
    values: dict[str, Any]
    objective: float
    missed: tuple[float, ...]  # by how much each limit is missed; > 0: missed

    @property
    def kept(self) -> bool:
        """Whether all limits are kept."""
        return max(self.missed, default=0.0) <= 0.0


Evaluate = Callable[[Sequence[dict[str, Any]]], Sequence[tuple[float, Sequence[float]] | str]]
"""Proposals -> of each the objective and by how much each limit is missed, or what went wrong."""


def search(
    file: Path,
    space: Space,
    evaluate: Evaluate,
    n_trials: int,
    *,
    first: Mapping[str, Any] | None = None,
    batch: int = 16,
    seed: int = 0,
    say: Callable[[str], None] = lambda stage: None,
) -> tuple[Trial, ...]:
    """Evaluate until the study in ``file`` has ``n_trials`` trials; return those that did not fail, in order.

    Args:
        file: SQLite, made where it is missing.
        space: what may be varied.
        evaluate: of a batch of proposals.
        n_trials: of all sessions together, failed ones included.
        first: a proposal to begin with.
        batch: proposals evaluated at once.
        seed: of the sampler.
        say: is told the progress.

    Raises:
        InputError: the extra is not installed, or the study in ``file`` is of another space.
    """
    try:
        import optuna
    except ImportError:
        raise InputError("a search over choices needs a package", remedy=EXTRA) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # multivariate is experimental; 5.0 has another way to state limits, 4 has not
        sampler = optuna.samplers.TPESampler(
            seed=seed,
            constant_liar=True,
            multivariate=True,
            constraints_func=lambda trial: trial.user_attrs[LIMITS],
        )
    study = optuna.create_study(
        storage=f"sqlite:///{file}", study_name="search", sampler=sampler, direction="minimize", load_if_exists=True
    )
    distributions = _distributions(space)
    _check_same(study, distributions, file)
    state = optuna.trial.TrialState
    for left in study.get_trials(deepcopy=False, states=(state.RUNNING,)):  # by a session that was killed
        study.tell(left.number, state=state.FAIL)
    if first is not None and not study.trials:
        study.enqueue_trial(dict(first))
    while (n_done := len(study.get_trials(deepcopy=False, states=(state.COMPLETE, state.FAIL)))) < n_trials:
        say(f"trial {n_done + 1} of {n_trials}")
        asked = [study.ask(distributions) for _ in range(min(batch, n_trials - n_done))]
        for trial, outcome in zip(asked, evaluate([dict(trial.params) for trial in asked]), strict=True):
            if isinstance(outcome, str) or not np.isfinite(outcome[0]):
                trial.set_user_attr(FAILED, outcome if isinstance(outcome, str) else "not a number")
                study.tell(trial, state=state.FAIL)
            else:
                trial.set_user_attr(LIMITS, [float(value) for value in outcome[1]])
                study.tell(trial, float(outcome[0]))
    done = study.get_trials(deepcopy=False, states=(state.COMPLETE,))
    return tuple(Trial(t.number, dict(t.params), float(t.value or 0.0), tuple(t.user_attrs[LIMITS])) for t in done)


def best(trials: Sequence[Trial]) -> Trial | None:
    """The smallest objective of those that keep the limits, else the one that misses them least; None of none."""
    kept = [trial for trial in trials if trial.kept]
    if kept:
        return min(kept, key=lambda trial: trial.objective)
    return min(trials, key=lambda trial: max(trial.missed), default=None)


def _distributions(space: Space) -> dict[str, Any]:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    numbers = {name: FloatDistribution(space.low[name], space.high[name]) for name in space.low}
    return numbers | {name: CategoricalDistribution(list(values)) for name, values in space.choices.items()}


def _check_same(study: Any, distributions: Mapping[str, Any], file: Path) -> None:
    for trial in study.get_trials(deepcopy=False)[:1]:
        if trial.distributions and dict(trial.distributions) != dict(distributions):
            raise InputError("the study there is of another search", file=file, remedy="give the search another name")
