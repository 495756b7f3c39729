"""What a validation finds."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hardware.alignment import Alignment
from hardware.channel import Clock
from hardware.fidelity import Fidelity, GroupMeter, LineFidelity, Sampling
from hardware.fidelity_kernels import RUN_MEASURED, RUN_PREDICTED
from hardware.recording import Header
from hardware.validation.channel_map import Mapped
from hardware.validation.cut import Cut
from hardware.validation.limits import Verdict, all_passed

OPERATOR = "program stop: the operator"  # what lines do that wait for one
BINS = 1000  # of the program's time, for plots


class Trace:
    """A channel over the time of the program, in ``n`` bins."""

    def __init__(self, n: int = BINS) -> None:
        self._count, self._measured, self._predicted = np.zeros((3, n))
        self._difference = GroupMeter(n)

    def add(self, bin_: np.ndarray, count: np.ndarray, runs: np.ndarray) -> None:
        """Take runs of samples in their bins, as :meth:`GroupMeter.add`."""
        for total, values in (
            (self._count, count),
            (self._measured, runs[:, RUN_MEASURED]),
            (self._predicted, runs[:, RUN_PREDICTED]),
        ):
            total += np.bincount(bin_, values, len(total))
        self._difference.add(bin_, count, runs)

    @property
    def means(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean of measurement and prediction (bin,); NaN without samples."""
        n = np.where(self._count, self._count, np.nan)
        return self._measured / n, self._predicted / n

    @property
    def rmse(self) -> np.ndarray:
        """(bin,)"""
        return self._difference.rmse


@dataclass(frozen=True)
class ChannelResult:
    """One channel, compared at the same place of the program."""

    mapped: Mapped
    fidelity: Fidelity
    rmse_same_time: float  # compared at the same time since the program began, whatever the progress
    interpolation: float  # largest error of the resampling, in the channel's unit
    stated: bool  # the twin states an uncertainty
    missing: int  # samples within the program that were no numbers or BAD
    by_line: LineFidelity
    by_operation: LineFidelity  # line: number of the operation
    by_segment: GroupMeter  # of the toolpath
    path: Trace  # a bin each segment of the toolpath
    trace: Trace

    @property
    def severity(self) -> float:
        """RMSE over its limit; where none is declared, over what the measurement moves: for the order of tables."""
        if self.fidelity.limit:
            return self.fidelity.rmse / self.fidelity.limit
        return self.fidelity.rmse / max(self.moves, 1e-300) if np.isfinite(self.moves) else 0.0

    @property
    def moves(self) -> float:
        """Standard deviation of the measurement."""
        return self.fidelity.moves


@dataclass(frozen=True)
class Spans:
    """Stretches between two places that both have seen, one after the other: from a line to the next one matched."""

    line: np.ndarray  # (span,) that begins it
    until: np.ndarray  # (span,) line that ends it, 0: the last one
    begins: np.ndarray  # (span,) [s] of the program, predicted
    predicted: np.ndarray  # (span,) [s]
    measured: np.ndarray  # (span,) [s]
    kind: np.ndarray | None = None  # (span,) str: what the lines do; None: not looked at

    @property
    def of_machine(self) -> np.ndarray:
        """(span,) bool: not spent waiting for an operator, which no model of a machine predicts."""
        return np.ones(len(self.line), bool) if self.kind is None else self.kind != OPERATOR

    @property
    def totals(self) -> tuple[float, float, float]:
        """Predicted and measured time of the machine, and that spent waiting for an operator [s]."""
        own = self.of_machine
        return float(self.predicted[own].sum()), float(self.measured[own].sum()), float(self.measured[~own].sum())

    @property
    def late(self) -> np.ndarray:
        """By which the machine is behind at the end of each span [s]; waiting for an operator does not count."""
        return np.cumsum(np.where(self.of_machine, self.measured - self.predicted, 0.0))


@dataclass(frozen=True)
class Operation:
    """What one tool does from its change to the next."""

    name: str
    lines: tuple[int, int]
    predicted: float  # [s]
    measured: float  # [s]; NaN: not recorded
    cutting: float  # share of the predicted time


@dataclass(frozen=True)
class Windows:
    """Stretches of uninterrupted cutting of some seconds in a log of events."""

    predicted: np.ndarray  # (window,) [s]
    measured: np.ndarray  # (window,) [s]

    @property
    def rmse(self) -> float:
        """[s]"""
        return float(np.sqrt(np.mean((self.predicted - self.measured) ** 2)))

    @property
    def r2(self) -> float:
        """Coefficient of determination."""
        spread = self.measured - self.measured.mean()
        return float(1 - np.sum((self.predicted - self.measured) ** 2) / np.sum(spread**2))

    @property
    def total(self) -> float:
        """Relative error of their sum."""
        return float(self.predicted.sum() / self.measured.sum() - 1)


@dataclass(frozen=True)
class Worst:
    """Where a channel differs most."""

    channel: str
    unit: str
    line: int
    difference: float  # of largest magnitude, predicted minus measured
    time: float  # [s] of the program
    position: tuple[float, float, float] | None  # [mm] part frame; None: not on the path
    source: str  # text of the NC line


@dataclass(frozen=True)
class Validation:
    """A recording beside the run that predicted it."""

    recording: Path
    run: Path
    title: str
    cut: Cut  # whether metal was
    header: Header
    clock: Clock
    checked: tuple[str, ...]  # what was compared before anything else, and what could not be
    sampling: Sampling | None  # None: events
    alignment: Alignment | None
    channels: tuple[ChannelResult, ...]
    spans: Spans
    operations: tuple[Operation, ...]
    windows: Windows | None
    seen: float  # part of the program's lines
    began: float  # [s] of the recording at which the program began
    compared: float  # [s] of the recording that lies in the program
    worst: tuple[Worst, ...]
    duration: float  # [s] of the program, predicted
    program: tuple[str, ...]  # lines of the NC program
    limits: str  # where they are declared
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...]

    @property
    def passed(self) -> bool | None:
        """None: no limit is declared."""
        return all_passed(self.verdicts)

    @property
    def said(self) -> str:
        """What was in the loop, in words."""
        return self.cut.said

    @property
    def duration_error(self) -> float:
        """Relative, of the machine's time in all spans; NaN without any."""
        predicted, measured, _ = self.spans.totals
        return predicted / measured - 1 if measured > 0 else float("nan")

    def channel(self, name: str) -> ChannelResult:
        """By its predicted name."""
        return next(row for row in self.channels if row.fidelity.channel == name)
