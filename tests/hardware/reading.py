"""What tests of sources share: reading one while something is written to it, and its samples end to end."""

import threading
import time
from collections.abc import Callable

import numpy as np

from hardware.channel import Block, check_block
from hardware.source import Source


def read(source: Source, write: Callable[[], None] = lambda: None, rest: float | None = None) -> list[Block]:
    """All blocks until the source ends, while ``write`` runs beside it; it is left ``rest`` [s] after, if given."""

    def drive() -> None:
        write()
        if rest is not None:
            time.sleep(rest)
            source.__exit__()

    writer = threading.Thread(target=drive)
    writer.start()
    blocks = []
    for block in source.blocks():
        check_block(block, source.channels)
        blocks.append(block)
    writer.join()
    return blocks


def joined(blocks: list[Block], name: str) -> np.ndarray:
    return np.concatenate([block.values[name] for block in blocks])


def times(blocks: list[Block]) -> np.ndarray:
    return np.concatenate([block.time for block in blocks])


def quality(blocks: list[Block]) -> list[int]:
    return np.concatenate([block.quality for block in blocks]).tolist()


def numbers(blocks: list[Block]) -> np.ndarray:
    return np.concatenate([np.arange(block.first, block.first + len(block)) for block in blocks])
