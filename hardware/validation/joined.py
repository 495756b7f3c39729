"""Recordings of one run that was interrupted: the source died and was started again, the second file goes on.

Their samples follow each other. What passed between them shows as a gap: by the clock where it counts in UTC, else by
the times at which the recordings were started.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from hardware.channel import Block
from hardware.validation.readings import Readings
from twin.errors import InputError


def join(parts: Sequence[Readings]) -> Readings:
    """The recordings as one, in their order.

    Raises:
        InputError: other channels, another rate, another program, offsets or tools, or files in the wrong order.
    """
    whole = parts[0]
    if len(parts) == 1:
        return whole
    for part in parts[1:]:
        for what, mine, theirs in (
            ("channels", {c.name for c in whole.channels}, {c.name for c in part.channels}),
            ("sampling period", whole.clock.period_s, part.clock.period_s),
            ("program", whole.header.program_hash, part.header.program_hash),
            ("work offsets", whole.header.offsets_hash, part.header.offsets_hash),
            ("tool table", whole.header.tools_hash, part.header.tools_hash),
        ):
            if mine != theirs:
                raise InputError(f"does not go on from {whole.file.name}: another {what}", file=part.file)
    if whole.clock.period_s is None:
        raise InputError("logs of events cannot be joined", file=parts[1].file, remedy="join the files themselves")
    shifts = [_shift(whole, part) for part in parts]
    period = whole.clock.period_s

    def blocks(only: Collection[str] | None = None) -> Iterator[Block]:
        last = -np.inf
        for part, shift in zip(parts, shifts, strict=True):
            origin: tuple[int, float] | None = None
            for block in part.blocks(only):
                if origin is None:
                    origin = block.first, float(block.time[0])
                    if block.time[0] + shift <= last:
                        raise InputError("this recording was not the later one", file=part.file)
                    # numbers go on with the time that passed, so that the gap is seen
                    base = round((block.time[0] + shift) / period)
                yield replace(block, first=base + block.first - origin[0], time=block.time + shift)
                last = max(last, float(block.time[-1] + shift))

    return replace(whole, blocks=blocks)


def _shift(whole: Readings, part: Readings) -> float:
    """[s] from the part's clock to that of the first recording."""
    if part is whole or part.clock.origin == "utc":
        return 0.0
    try:
        begins = [datetime.fromisoformat(r.header.started) for r in (whole, part)]
    except ValueError:
        raise InputError(
            f"started '{part.header.started}' is no time: nobody knows when it went on", file=part.file
        ) from None
    return (begins[1] - begins[0]).total_seconds()
