"""A finished run of a small program to bench against, and a bench beside it as the command does it."""

import dataclasses
import json
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from brokers import RawClient
from made_run import PERIOD, PROGRAM, make_run, measured
from own_scenario import make_desk

from hardware.bench_job import bench
from hardware.channel import Block
from hardware.recording import open_recording

TOPIC = "mill/trace"
EACH = 100  # samples in an array
NOW = 1.8e9  # [s] UTC at which the machine begins


@dataclass(frozen=True)
class Desk:
    """Configuration and run folder."""

    folder: Path

    @property
    def run(self) -> Path:
        return self.folder / "outputs" / "run"

    def bench(self, capsys, *words: str, meanwhile: Callable[[], None] = lambda: None, **options) -> "Benched":
        """`twin bench WORDS --run RUN`; ``meanwhile`` runs beside it once it listens."""
        before, over = set(self.run.glob("*.arrows")), threading.Event()

        def begin() -> None:
            while not over.wait(0.01):
                if set(self.run.glob("*.arrows")) - before:  # the source is open, its recording begun
                    return meanwhile()

        beside = threading.Thread(target=begin)
        beside.start()
        places = {"outputs": self.folder / "outputs", "conf": self.folder / "conf"}
        try:
            status = bench(words, run=str(self.run), **places, **options)
        finally:
            over.set()
            beside.join()
        (file,) = set(self.run.glob("*.arrows")) - before
        return Benched(status, file, capsys.readouterr().out)


@dataclass(frozen=True)
class Benched:
    """What a bench left behind."""

    status: int
    file: Path
    said: str

    @property
    def blocks(self) -> list[Block]:
        return list(open_recording(self.file).blocks())

    def __getitem__(self, name: str) -> np.ndarray:
        return np.concatenate([block.values[name] for block in self.blocks])

    @property
    def number(self) -> np.ndarray:
        return np.concatenate([np.arange(b.first, b.first + len(b)) for b in self.blocks])

    @property
    def quality(self) -> np.ndarray:
        return np.concatenate([block.quality for block in self.blocks])

    @property
    def validation(self) -> dict:
        return json.loads((self.file.parent / "validation.json").read_text())


def made_desk(folder: Path) -> Desk:
    """A desk whose run has numbers that are known in closed form."""
    make_desk(folder)
    (folder / "scenarios" / "own" / "part.nc").write_text(PROGRAM)
    run = make_run(folder / "outputs" / "run")
    (run / "run.json").write_text(json.dumps({"status": "done", "overrides": ["scenario=own"]}))
    config = yaml.safe_load((run / "config.yaml").read_text())
    (run / "config.yaml").write_text(yaml.safe_dump(config | {"machine": {"name": "Mill 3"}}))
    return Desk(folder)


def as_a_machine(**changes: float) -> Block:
    """The program as a machine runs it that the twin predicts well: commands, scales, line, force, power."""
    block = measured(**changes)
    scales = {f"{a}_actual_mm": block.values[f"{a}_commanded_mm"] for a in "xyz"}
    return dataclasses.replace(block, values={**block.values, **scales})


COLUMNS = tuple(as_a_machine().values)


def mqtt_words(url: str, *more: str) -> list[str]:
    """`bench=mqtt` with binary blocks that end when nothing comes for a while."""
    blocks = f"bench.blocks={{topic: {TOPIC}, columns: [{', '.join(COLUMNS)}]}}"
    return ["bench=mqtt", f"url={url}", "bench.period_ms=1", blocks, "bench.silence_s=2", *more]


@dataclass
class Array:
    """One message of the machine."""

    first: int
    values: np.ndarray  # (sample, channel)
    clock: float = 0.0  # [s] by which the machine's wall clock is set forward

    @property
    def payload(self) -> bytes:
        """As docs/sources.md describes it, packed by hand."""
        last = NOW + (self.first + len(self.values) - 1) * PERIOD + self.clock
        head = struct.pack("<4sIQdd", b"TWB1", self.values.shape[1], self.first, last, PERIOD)
        return head + np.ascontiguousarray(self.values, "<f8").tobytes()


def arrays(block: Block | None = None) -> list[Array]:
    """All messages of a run, in order."""
    block = block or as_a_machine()
    table = np.stack([block.values[name] for name in COLUMNS], axis=1)
    return [Array(first, table[first : first + EACH]) for first in range(0, len(table), EACH)]


def publish(port: int, messages: list[Array], pause: float = 1e-3) -> None:
    """Send ``messages`` with quality of service 1."""
    with RawClient(port) as client:
        for message in messages:
            client.publish(TOPIC, message.payload, again=True)
            time.sleep(pause)
