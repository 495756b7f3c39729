"""What the bridge asks of a machine, a sensor or a file: a source is read, a sink is written to within limits.

A source lives in one file of this folder; docs/sources.md says how to add one.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol, Self

from hardware.channel import Block, Channel, Clock


class Source(Protocol):
    """Yields blocks of the same channels until it ends. Opened and closed as a context manager."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What it measures; known once it is open."""

    @property
    def clock(self) -> Clock:
        """What its times mean."""

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            InputError: it cannot be reached; names the address and what to check.
        """

    def __exit__(self, *_: object) -> None:
        """Disconnect."""

    def blocks(self) -> Iterator[Block]:
        """Blocks in the order of their samples; ends with the source.

        Raises:
            InputError: the source sent what cannot be: another unit, a channel that it did not declare.
        """


class Sink(Protocol):
    """Takes commands. Nothing is written before it is armed."""

    @property
    def limits(self) -> Mapping[str, tuple[float, float]]:
        """Command name, unit suffix included -> least and greatest value that is ever sent."""

    def send(self, command: Mapping[str, float]) -> Mapping[str, float]:
        """Send ``command`` and return what was really sent, after limits and rates.

        Raises:
            InputError: not armed, or an unknown command.
        """
