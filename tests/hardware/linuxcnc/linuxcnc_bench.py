"""Small plants, and one run of a real LinuxCNC on the bench."""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml

from hardware.channel import Block, Channel
from hardware.linuxcnc.options import LinuxcncOptions, check_options
from hardware.linuxcnc.plants import IdealPlant
from hardware.linuxcnc.source import LinuxcncSource, Outcome
from hardware.plant import Command, Reply
from twin.config import build
from twin.machine.tool import Tool
from twin.scenario import PartConfig, Scenario, SolidConfig, WorkOffset
from twin.units import MM

ROOT = Path(__file__).resolve().parents[3]
TOOL = Tool(
    number=1, name="T1", kind="flat", diameter=1e-2, n_teeth=2, flute_length=2e-2, stick_out=5e-2, z_offset=5e-2
)
HEAD = "G21 G17 G90 G94 G40 G49 G80 G54 G64\nT1 M6 G43\n"


def needs_linuxcnc() -> None:
    """Skip where LinuxCNC is not installed; under CI fail."""
    for program in ("linuxcnc", "halcompile"):
        if shutil.which(program) is None:
            message = f"{program} is not installed (apt-get install linuxcnc-uspace linuxcnc-uspace-dev)"
            pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)


@dataclass
class FirstOrder:
    """Every axis follows with x' = gain (c - x), solved exactly for a command held over a cycle."""

    gain: float  # [1/s]
    channels = (Channel(name="plant_x_mm", unit="mm"), Channel(name="plant_cycle", unit="1"))

    def __post_init__(self) -> None:
        self.x: np.ndarray | None = None
        self.cycle = 0

    def step(self, command: Command) -> Reply:
        self.x = command.position if self.x is None else self.x
        self.x = self.x + (1 - np.exp(-self.gain * command.period)) * (command.position - self.x)
        self.cycle = command.cycle
        return Reply(feedback=self.x, touch=False, feed_factor=1.0, offset_z=0.0)

    def readings(self) -> np.ndarray:
        return np.array([self.x[0] / MM, self.cycle])


@dataclass
class Surface(IdealPlant):
    """A surface at a height that the probe touches."""

    height: float  # [m] of the tip

    def step(self, command: Command) -> Reply:
        reply = super().step(command)
        reply.touch = command.position[2] - command.tool_length <= self.height
        return reply


@dataclass
class Intervening(IdealPlant):
    """Asks for a slower feed and a shift of Z."""

    feed_factor: float
    offset_z: float

    def step(self, command: Command) -> Reply:
        reply = super().step(command)
        reply.feed_factor, reply.offset_z = self.feed_factor, self.offset_z
        return reply


@dataclass
class Late(IdealPlant):
    """Takes longer over each answer than a cycle of the accelerated controller lasts."""

    seconds: float

    def step(self, command: Command) -> Reply:
        time.sleep(self.seconds)
        return super().step(command)


@dataclass
class Recorded:
    """What one run yielded."""

    blocks: list[Block]
    outcome: Outcome

    def __getitem__(self, name: str) -> np.ndarray:
        return np.concatenate([block.values[name] for block in self.blocks])

    @property
    def number(self) -> np.ndarray:
        return np.concatenate([np.arange(b.first, b.first + len(b)) for b in self.blocks])


def options(name: str = "linuxcnc", **changes: object) -> LinuxcncOptions:
    """conf/bench/NAME.yaml with changes, ten times as fast as real time."""
    folder = ROOT / "conf" / "bench"
    plain = yaml.safe_load((folder / "linuxcnc.yaml").read_text())
    if name != "linuxcnc":
        plain |= {k: v for k, v in yaml.safe_load((folder / f"{name}.yaml").read_text()).items() if k != "defaults"}
    del plain["kind"]
    chosen = build(LinuxcncOptions, {**plain, "time_factor_ratio": 10, **changes}, "bench")
    check_options(chosen)
    return chosen


def scenario(offsets: dict[str, WorkOffset] | None = None, home: tuple[float, float, float] = (0, 0, 0)) -> Scenario:
    """A scenario as far as the controller knows one."""
    box = SolidConfig(kind="box", lower=(0, 0, -1e-2), upper=(1e-2, 1e-2, 0))
    part = PartConfig(name="t", title="t", program="t.nc", stock=box, work_offsets=offsets or {}, home=home)
    made = object.__new__(Scenario)
    for field, value in {"part": part, "tools": {1: TOOL}, "program_file": "t.nc", "program_text": ""}.items():
        object.__setattr__(made, field, value)
    return made


def source(program: str, make_plant=IdealPlant, chosen: LinuxcncOptions | None = None, **given) -> LinuxcncSource:
    """The source that runs ``program``."""
    return LinuxcncSource(chosen or options(), scenario(**given), make_plant, program)


def run(program: str, make_plant=IdealPlant, chosen: LinuxcncOptions | None = None, **given) -> Recorded:
    """Run ``program`` to its end."""
    with source(program, make_plant, chosen, **given) as opened:
        blocks = list(opened.blocks())
    return Recorded(blocks, opened.outcome)
