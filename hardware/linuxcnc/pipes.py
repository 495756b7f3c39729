"""What comes out of the bench's processes in pieces: rows of doubles, lines of JSON."""

import json
import os
from typing import Any

import numpy as np

READ = 1 << 16  # bytes: a pipe's fill
DOUBLE = 8


class Pipe:
    """Bytes that have arrived."""

    def __init__(self, descriptor: int):
        os.set_blocking(descriptor, False)
        self.descriptor, self.ended, self._data = descriptor, False, bytearray()

    def read(self) -> None:
        """Take what is there, a pipe's fill at most."""
        try:
            data = os.read(self.descriptor, READ)
        except BlockingIOError:
            return
        self._data += data
        self.ended = not data


class Rows(Pipe):
    """Rows of ``width`` doubles."""

    def __init__(self, descriptor: int, width: int):
        super().__init__(descriptor)
        self._width = width

    @property
    def waiting(self) -> int:
        """Whole rows that have arrived."""
        return len(self._data) // (DOUBLE * self._width)

    def take(self, n: int) -> np.ndarray:
        """The next ``n`` rows (n, width)."""
        size = DOUBLE * self._width * n
        rows = np.frombuffer(bytes(self._data[:size])).reshape(n, self._width)
        del self._data[:size]
        return rows


class Lines(Pipe):
    """JSON objects, one a line."""

    def take(self) -> list[dict[str, Any]]:
        """All whole ones that have arrived."""
        *lines, rest = bytes(self._data).split(b"\n")
        self._data = bytearray(rest)
        return [json.loads(line) for line in lines]
