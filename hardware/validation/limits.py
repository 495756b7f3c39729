"""What passes: limits declared in YAML (conf/validation), and the verdicts on them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import yaml

from hardware.validation.cut import Stated
from twin.config import build
from twin.errors import InputError
from twin.resources import shared_folder
from twin.units import Ratio, Time


@dataclass(frozen=True, kw_only=True)
class Limits:
    """conf/validation: largest differences that pass. What is not declared is reported and not judged."""

    rmse: dict[str, float] = field(default_factory=dict)
    """Channel, or a pattern with * and ?, its unit as suffix -> largest RMSE at the same place of the program."""
    en: Ratio | None = None
    """Largest 95th percentile of |En| of a channel whose uncertainty the twin states (ISO/IEC 17043: 1)."""
    coverage: Ratio | None = None
    """Smallest part of the samples within the predicted interval of two standard deviations."""
    duration: Ratio | None = None
    """Largest relative error of the time that the compared part of the program takes."""
    cutting_windows: Time | None = None
    """Largest RMS error of the time of a window of cutting; logs of events only."""
    cutting_total: Ratio | None = None
    """Largest relative error of the time of all these windows together."""
    seen: Ratio | None = None
    """Smallest part of the program's lines that the recording must have."""
    fitted_on: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """``plate``: those whose recordings the model's parameters were fitted to; the report says so."""
    cut: Stated | None = None
    """Of recordings that do not say whether metal was cut, and that all these limits are for."""
    n_lost: int | None = None
    """Most samples that may be missing."""
    rate: Ratio | None = None
    """Largest relative error of the sampling frequency."""
    latency_p99: Time | None = None
    """Largest 99th percentile of the time from sample to arrival."""

    def of(self, channel: str) -> float | None:
        """The limit of a channel's RMSE; its own name goes before patterns, these in their order."""
        if channel in self.rmse:
            return self.rmse[channel]
        return next((limit for pattern, limit in self.rmse.items() if fnmatch(channel, pattern)), None)


@dataclass(frozen=True)
class Verdict:
    """One declared limit and what was found."""

    what: str
    found: float
    limit: float
    unit: str
    at_least: bool = False

    @property
    def passed(self) -> bool:
        """A number that is not known does not pass."""
        return self.found >= self.limit if self.at_least else self.found <= self.limit


def read_limits(name: str | Path | None) -> tuple[Limits, str]:
    """Limits and where they stand: a YAML file, or a name in conf/validation; None: the standard.

    Raises:
        InputError: there are none of that name, or a key is unknown or has no unit.
    """
    folder = shared_folder("conf") / "validation"
    file = Path(name) if name and Path(name).suffix else folder / f"{name or 'standard'}.yaml"
    if not file.is_file():
        known = ", ".join(sorted(f.stem for f in folder.glob("*.yaml")))
        raise InputError(f"there are no limits '{name}'", remedy=f"name a YAML file, or one of {known}")
    return build(Limits, yaml.safe_load(file.read_text()) or {}, "validation", file=file), file.name


def all_passed(verdicts: Sequence[Verdict]) -> bool | None:
    """None where nothing was declared."""
    return all(v.passed for v in verdicts) if verdicts else None
