"""The schema of conf/optimisation: what is varied, what is to be small, what has to be kept."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from twin.errors import InputError
from twin.sweep.parameters import Parameter, is_batched

LIMIT = re.compile(r"\s*([^\s<>=]+)\s*(<=|>=|<|>)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """conf/optimisation: a search for the best values of some parameters."""

    name: str
    """Of the search; its folder begins with it."""
    method: Literal["gradient", "optuna"]
    """Gradients from several starts, numbers only; or Optuna, which also takes choices."""
    minimise: str = ""
    """The result that should be small ..."""
    maximise: str = ""
    """... or the one that should be large."""
    limits: tuple[str, ...] = ()
    """Results that have to be kept: ``deviation_95pct_um <= 20``."""
    variables: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Numbers of the configuration with their bounds, in the unit of the name."""
    choices: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """Overrides with the values to choose from: a group, an integer, a text."""
    economics: str = "standard"
    """Prices that the cost of a part is made of: a file of conf/economics."""
    n_starts: int = 6
    """gradient: points to begin at, the scenario as it is among them."""
    n_trials: int = 200
    """optuna: proposals to evaluate."""
    n_batch: int = 32
    """optuna: proposals evaluated together."""
    seed: int = 0
    """Of starts and proposals."""

    def __post_init__(self) -> None:
        if bool(self.minimise) == bool(self.maximise):
            raise InputError("a search needs one goal", remedy="give minimise or maximise")
        if not self.variables and not self.choices:
            raise InputError("the search varies nothing", remedy="give variables")
        if self.method == "gradient" and self.choices:
            raise InputError("gradients lead through numbers only", remedy="method: optuna, or leave out choices")
        for key in self.variables:
            if not is_batched(key):
                raise InputError(
                    f"{key} cannot be a variable: the path or the cut depends on it", remedy="list it under choices"
                )
        for key, values in self.choices.items():
            if len(values) < 2 or len(set(map(str, values))) < len(values):
                raise InputError(f"{key} offers {list(values)}", remedy="give two different values or more")

    @property
    def goal(self) -> str:
        """The result that decides."""
        return self.minimise or self.maximise

    @property
    def sign(self) -> float:
        """The search makes ``sign * goal`` small."""
        return 1.0 if self.minimise else -1.0

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Numbers, with their bounds."""
        return tuple(Parameter(key, low, high) for key, (low, high) in self.variables.items())


@dataclass(frozen=True)
class Limit:
    """A bound of a result."""

    name: str
    sign: float  # 1: at most, -1: at least
    value: float

    @property
    def scale(self) -> float:
        """What a miss is compared with."""
        return abs(self.value) or 1.0

    def left(self, value: Any) -> Any:
        """How far ``value`` (any array) stays on the good side, relative; negative: missed."""
        return self.sign * (self.value - value) / self.scale

    def at(self, left: float) -> float:
        """The value that has so much :meth:`left`."""
        return self.value - self.sign * left * self.scale


def limits_of(texts: Sequence[str], results: Sequence[str]) -> tuple[Limit, ...]:
    """``("force_peak_n < 800",)`` -> limits of known results.

    Raises:
        InputError: a text that is none, or of an unknown result.
    """
    found = []
    for text in texts:
        match = LIMIT.fullmatch(text)
        if not match:
            raise InputError(f"limit '{text}' is not understood", remedy="write RESULT <= NUMBER")
        column_of(match[1], results)
        found.append(Limit(match[1], 1.0 if match[2][0] == "<" else -1.0, float(match[3])))
    return tuple(found)


def column_of(name: str, results: Sequence[str]) -> int:
    """Place of a result.

    Raises:
        InputError: there is none of that name.
    """
    if name not in results:
        shown = [result for result in results if not result.startswith("feature.")]
        raise InputError(
            f"there is no result '{name}'", remedy=f"known: {', '.join(shown)}, feature.NAME.CHARACTERISTIC_um"
        )
    return list(results).index(name)


def words_of(values: Mapping[str, Any]) -> list[str]:
    """The values as words of `twin run`; the switches of one tool need not be in the configuration yet."""
    words = []
    for key, value in values.items():
        text = f"{value:.10g}" if isinstance(value, float) else str(value)
        words.append(f"{'++' if key.startswith('process.tools.') else ''}{key}={text}")
    return words
