"""What comes from a source, before it is recorded: nothing twice, nothing silently wrong.

The number of a sample says where it belongs. So a block that comes late, or before its predecessor, is passed on as it
comes and nothing is lost: whoever reads a recording puts it in its place. What comes a second time is left out. What
is odd is counted in ``losses`` and marked in the quality; no value is ever changed.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from typing import Self

import numpy as np

from hardware.channel import Block, Channel, Clock, Quality
from hardware.inbox import Losses
from hardware.source import Source
from hardware.unit_symbols import factor_between
from twin.errors import InputError

MOST_RANGES = 10_000  # of sample numbers that are remembered apart; the oldest gaps are closed beyond
JUMP = 0.01  # [s] by which a clock may leave the rate that it states, from block to block
CLOSE = 1e-9


class Intake:
    """A source as it should be; wraps any other.

    Raises:
        InputError: a channel whose unit is not the one that its name ends in.
    """

    def __init__(self, source: Source):
        self._source, self.losses = source, Losses()
        self._seen: list[tuple[int, int]] = []  # first and one past the last number, rising
        self._offset: float | None = None  # [s] of the source's clock before its sample 0
        self._not_numbers: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._source.__enter__()
        try:
            check_units(self._source.channels)
        except InputError:
            self._source.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._source.__exit__(*error)

    @property
    def channels(self) -> tuple[Channel, ...]:
        return self._source.channels

    @property
    def clock(self) -> Clock:
        return self._source.clock

    def blocks(self) -> Iterator[Block]:
        for block in self._source.blocks():
            for first, last in self._fresh(block.first, block.first + len(block)):
                yield self._judged(_part(block, first - block.first, last - block.first))
        for name, count in self._not_numbers.items():
            self.losses.say(f"{name}: {count:,} samples are no numbers")

    def _fresh(self, first: int, last: int) -> list[tuple[int, int]]:
        """Ranges of ``first`` to ``last`` that were not seen before; they are then."""
        if not self._seen or first >= self._seen[-1][1]:  # as nearly always
            self.losses.lost += first - self._seen[-1][1] if self._seen else 0
            if self._seen and self._seen[-1][1] == first:
                self._seen[-1] = self._seen[-1][0], last
            else:
                self._seen.append((first, last))
                self._forget()
            return [(first, last)]
        found, at = [], first
        for low, high in [*self._seen, (last, last)]:
            if at < min(low, last):
                found.append((at, min(low, last)))
            at = max(at, high)
            if at >= last:
                break
        fresh = sum(b - a for a, b in found)
        late = sum(max(0, min(b, self._seen[-1][1]) - a) for a, b in found)
        self.losses.duplicated += last - first - fresh
        self.losses.lost -= late  # they were counted when their successors came
        if late:
            self.losses.say(f"samples {first:,} to {last - 1:,} came after their successors; they are recorded")
        for row in found:
            self._remember(*row)
        return found

    def _remember(self, first: int, last: int) -> None:
        """Add a range that lies in a gap, or behind all."""
        place = bisect_right(self._seen, (first, last))
        self._seen.insert(place, (first, last))
        merged = self._seen[max(place - 1, 0) : place + 2]
        joined = [merged[0]]
        for low, high in merged[1:]:
            if low == joined[-1][1]:
                joined[-1] = joined[-1][0], high
            else:
                joined.append((low, high))
        self._seen[max(place - 1, 0) : place + 2] = joined
        self._forget()

    def _forget(self) -> None:
        """Close the oldest gap where there are too many: memory stays bounded."""
        if len(self._seen) > MOST_RANGES:
            self._seen[:2] = [(self._seen[0][0], self._seen[1][1])]

    def _judged(self, block: Block) -> Block:
        """The block, with the quality of samples that are odd lowered."""
        quality = block.quality.astype(np.uint8)
        silent = np.ones(len(block), bool)
        for name, values in block.values.items():
            wrong = ~np.isfinite(values)
            silent &= wrong
            if wrong.any():
                self._not_numbers[name] = self._not_numbers.get(name, 0) + int(wrong.sum())
        if block.values:
            quality = np.where(silent, np.uint8(Quality.BAD), quality)
        if self._jumps(block):
            quality = np.maximum(quality, np.uint8(Quality.UNCERTAIN))
        return replace(block, quality=quality)

    def _jumps(self, block: Block) -> bool:
        """Whether the clock left its rate before or within the block."""
        period = self.clock.period_s
        if period is None or not len(block):
            return False
        offset = block.time - period * (block.first + np.arange(len(block)))
        before = offset[0] if self._offset is None else self._offset
        worst = float((offset - before)[np.argmax(np.abs(offset - before))])
        if abs(worst) <= max(JUMP, 2 * period):
            self._offset = float(offset[-1])
            return False
        self.losses.say(f"the clock jumped by {worst:+.3f} s at sample {block.first:,}; the sample's number holds")
        self._offset = float(offset[-1])
        return True


def _part(block: Block, first: int, last: int) -> Block:
    if first == 0 and last == len(block):
        return block
    rows = slice(first, last)
    values = {name: v[rows] for name, v in block.values.items()}
    return Block(block.first + first, block.time[rows], values, block.quality[rows])


def check_units(channels: tuple[Channel, ...]) -> None:
    """Raise unless every channel's unit is the one that its name ends in; a unit that nobody knows is not judged.

    Raises:
        InputError: names the channel and both units.
    """
    for channel in channels:
        factor = factor_between(channel.unit, channel.name) if channel.unit else None
        if factor is not None and abs(factor - 1) > CLOSE:
            raise InputError(
                f"channel {channel.name} says that its unit is {channel.unit}",
                remedy="name it after its unit, or convert it at the source",
            )
