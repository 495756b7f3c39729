"""Ctrl-C that waits for what must not be cut in two."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Shield:
    """Ctrl-C comes at once while it is :meth:`raised`, but within :meth:`whole` only after that.

    Python interrupts its main thread alone: elsewhere this does nothing.
    """

    def __init__(self) -> None:
        self._busy = self._pending = False

    @contextmanager
    def raised(self) -> Iterator[None]:
        """Hold the shield."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, self._interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """The body runs to its end."""
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
        if self._pending:
            self._pending = False
            raise KeyboardInterrupt

    def _interrupt(self, *_: object) -> None:
        if not self._busy:
            raise KeyboardInterrupt
        self._pending = True
