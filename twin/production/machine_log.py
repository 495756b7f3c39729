"""What machines said, from logs (SHDR) or from a history, by data item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.errors import InputError
from twin.formats.shdr import ShdrLog, read_shdr
from twin.production.history import History
from twin.production.machine_states import Said, Timeline, chosen_item, silences, timeline, vocabulary

NEEDED = ("execution", "mode", "part_count", "program")
SET_BACK = 10.0  # [s] a row may lie before one above it: adapters send a few out of order, the worst seen by 1.1 s


@dataclass(frozen=True)
class MachineLog:
    """One machine over some time."""

    name: str
    items: Mapping[str, Said]
    """Data item -> what it said."""
    heard_us: np.ndarray
    """(event,) times of everything that was heard, rising; a hole is a time without contact."""
    gaps_us: tuple[tuple[int, int], ...] = ()
    """Further times of which nothing is known: (begin, end) [µs]."""

    def said(self, kind: str) -> Said | None:
        """What the item of that kind said (machine_states.yaml names them); None: there is none."""
        item = chosen_item(kind, self.items)
        return None if item is None else self.items[item]

    def observed_us(self) -> tuple[int, int]:
        """When the first and the last word of its execution was known [µs].

        Raises:
            InputError: the machine never said what it does.
        """
        said = self.said("execution")
        known = np.flatnonzero(said.text != "UNAVAILABLE") if said is not None else np.array([], int)
        if said is None or not len(known):
            items = ", ".join(list(self.items)[:12])
            raise InputError(
                f"{self.name} does not say what the machine does", remedy=f"'execution' is needed; it has {items}"
            )
        return int(said.time_us[known[0]]), int(self.heard_us[-1])

    def timeline(
        self,
        begin_us: int | None,
        end_us: int | None,
        silence_us: int,
        more: Mapping[str, str] = {},
    ) -> Timeline:
        """Its states.

        Args:
            begin_us, end_us: bounds [µs]; None: when it was first and last observed.
            silence_us: without a word for longer than this nobody knows what the machine did.
            more: words of this control and what they mean.

        Raises:
            InputError: an unknown word; nothing about execution.
        """
        first, last = self.observed_us()
        begin, end = first if begin_us is None else begin_us, last if end_us is None else end_us
        execution = self.said("execution")
        assert execution is not None
        gaps = [*silences(self.heard_us, silence_us), *self.gaps_us]
        if end > self.heard_us[-1]:
            gaps.append((int(self.heard_us[-1]), end))
        return timeline(execution, self.said("mode"), begin, end, gaps, more)

    def counted(self, begin_us: int, end_us: int) -> int | None:
        """Parts that the control's own counter reported within a time; None: it never counts.

        A report of another number than before is one part: what was counted while nobody listened is not known.
        """
        said = self.said("part_count")
        if said is None:
            return None
        numbers = np.array([_number(text) for text in said.text])
        known = np.isfinite(numbers)
        times, numbers = said.time_us[known], numbers[known]
        if not (numbers > 0).any():
            return None
        changed = np.concatenate([[numbers[0] > 0], numbers[1:] != numbers[:-1]]) if len(numbers) else known
        return int(np.sum(changed & (times >= begin_us) & (times <= end_us)))


def from_logs(files: Sequence[Path], name: str = "") -> MachineLog:
    """One machine from one or more of its SHDR logs, in any order.

    Raises:
        InputError: a log cannot be read, or its clock ran backwards.
    """
    logs = [read_shdr(file) for file in files]
    for file, log in zip(files, logs, strict=True):
        if log.set_back > SET_BACK:
            raise InputError(
                f"the clock runs backwards by {log.set_back:,.0f} s",
                file=file,
                line=log.set_back_line,
                remedy="cut the log there, and give both pieces with the right times",
            )
    rows: dict[str, list[Said]] = {}
    for log in logs:
        for item, said in said_by(log).items():
            rows.setdefault(item, []).append(said)
    merged = {item: _merged(parts) for item, parts in rows.items()}
    heard = np.unique(np.concatenate([said.time_us for said in merged.values()]))
    return MachineLog(name or " + ".join(file.name for file in files), merged, heard)


def said_by(log: ShdrLog) -> dict[str, Said]:
    """Every data item of a log; conditions by their level."""
    start = int(log.start.astype("datetime64[us]").astype(np.int64))
    return {
        key: Said(start + np.round(channel.time * 1e6).astype(np.int64), channel.text)
        for key, channel in log.channels.items()
    }


def from_history(history: History, machine: str, end_us: int | None = None) -> MachineLog:
    """What one machine said of its work until ``end_us``, as a history has it, all its sources together.

    Raises:
        InputError: the history has no such machine, or heard nothing of it in that time.
    """
    sources = {seq: name for seq, (name, of) in history.sources().items() if of == machine}
    if not sources:
        known = sorted({of for _, of in history.sources().values() if of})
        raise InputError(
            f"there is no machine '{machine}'",
            file=history.file,
            remedy="it has " + ", ".join(known) if known else "no machine is recorded yet",
        )
    rows: dict[str, list[tuple[int, str]]] = {}
    gaps: list[tuple[int, int]] = []
    wanted = [name for names in vocabulary()["items"].values() for name in names]
    for seq in sources:
        for event in history.events(source=seq, kinds=("observation",), items=wanted, to_us=end_us):
            rows.setdefault(event.body["item"], []).append((event.time_us, _text(event.body["value"])))
        for event in history.events(source=seq, kinds=("gap",), to_us=end_us):
            gaps.append((int(event.body["begin_us"]), event.time_us))
    heard = np.unique(np.concatenate([history.times_us(seq) for seq in sources]))
    heard = heard if end_us is None else heard[heard <= end_us]
    if not len(heard):
        raise InputError(f"nothing was heard of {machine} in that time", file=history.file)
    items = {
        item: _merged([Said(np.array([t for t, _ in said], np.int64), np.array([w for _, w in said], object))])
        for item, said in rows.items()
    }
    return MachineLog(machine, items, heard, tuple(gaps))


def _merged(parts: Sequence[Said]) -> Said:
    time = np.concatenate([said.time_us for said in parts])
    order = np.argsort(time, kind="stable")
    return Said(time[order], np.concatenate([said.text for said in parts])[order])


def _text(value: object) -> str:
    return "UNAVAILABLE" if value is None else str(value)


def _number(text: object) -> float:
    try:
        return float(str(text))
    except ValueError:
        return float("nan")
