"""Several sources at once into one history."""

import time
from pathlib import Path
from typing import Self

from hardware.shop.feed import Feed
from hardware.shop.options import ShopOptions
from twin.production.history_writer import HistoryWriter

PATIENCE = 3.0  # [s] for all sources to end; what a source gives later is not recorded


class Shop:
    """Reads every machine of a shop while it is open; a context manager.

    Args:
        options: as :func:`hardware.shop.options.read_shop` returns them.
        store: the history; is made where there is none.

    Raises:
        InputError: options of a source are wrong, or the history cannot be written.
    """

    def __init__(self, options: ShopOptions, store: Path):
        self.options, self.store = options, store

    def __enter__(self) -> Self:
        self.writer = HistoryWriter(self.store)
        try:
            machines = self.options.machines.items()
            self.feeds = [Feed(name, machine, self.options, self.writer) for name, machine in machines]
        except BaseException:
            self.writer.__exit__(None, None, None)
            raise
        for feed in self.feeds:
            feed.start()
        return self

    def __exit__(self, *error: object) -> None:
        for feed in self.feeds:
            feed.end()
        deadline = time.monotonic() + PATIENCE
        for feed in self.feeds:
            feed.join(max(deadline - time.monotonic(), 0))
        self.writer.__exit__(*error)

    @property
    def ended(self) -> bool:
        """Every source has come to its end."""
        return not any(feed.is_alive() for feed in self.feeds)
