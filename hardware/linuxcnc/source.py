"""The source that runs a program on a real LinuxCNC and yields what controller and plant recorded, cycle by cycle."""

import selectors
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

import numpy as np

from hardware.channel import Block, Channel, Clock, Quality
from hardware.identity import offsets_hash, program_hash, tools_hash
from hardware.linuxcnc.lockstep import OWN, PlantMaker, PlantProcess
from hardware.linuxcnc.machine_files import DEPTH, PERIOD, machine_files, sampled, sampler_kinds
from hardware.linuxcnc.options import LinuxcncOptions
from hardware.linuxcnc.pipes import Lines, Rows
from hardware.linuxcnc.sandbox import Sandbox
from hardware.recording import Header
from twin.errors import InputError
from twin.scenario import Scenario
from twin.units import MM, UM

CONTROLLER_IN_THE_LOOP = "controller in the loop: a real controller, a simulated machine, no metal"
ASKED = {"feed_factor_ratio": ("lock.asked-feed", 1.0), "offset_z_um": ("lock.asked-offset", UM / MM)}
AHEAD = DEPTH // 4  # rows of the plant before those of the sampler
AWAKE, PAUSE = 0.05, 0.001  # [s]
START = 60.0  # [s] until the controller is ready
SILENCE = 75.0  # [s] without a sign of life, while it is up


@dataclass
class Outcome:
    """How a run ended, as the controller tells."""

    finished: bool = False
    why: str = "the controller's processes ended"
    line: int = 0  # of the program, that was reached
    messages: list[str] = field(default_factory=list)  # in order
    orderly: bool = True  # the controller was stopped in order


class LinuxcncSource:
    """One run of a program.

    Args:
        options: machine and what stands behind it.
        scenario: program, tools and work offsets; its home position.
        make_plant: makes the plant, in a process of its own.
        program: text of the NC program.

    Raises:
        InputError: LinuxCNC is not installed or does not start; the plant cannot be made.
    """

    def __init__(self, options: LinuxcncOptions, scenario: Scenario, make_plant: PlantMaker, program: str):
        self._options, self._scenario, self._make_plant, self._program = options, scenario, make_plant, program
        self._rows = sampled(options)
        self.clock = Clock(name="controller", origin="start", period_s=PERIOD)
        self.outcome = Outcome()
        self.answered: np.ndarray = np.empty(0)
        """(sample,) [s] of the monotonic clock, when the plant answered those of the last block."""

    def __enter__(self) -> Self:
        home, tools, offsets = self._scenario.part.home, self._scenario.tools, self._scenario.part.work_offsets
        self._sandbox = Sandbox(
            machine_files(self._options, home, tools, offsets),
            self._program,
            self._options.time_factor,
            sampler_kinds(self._rows),
        )
        try:
            self._plant = PlantProcess(self._make_plant, self._sandbox.plant_socket, self._options.names)
            try:
                self._sandbox.begin()
            except BaseException:
                self._plant.end()
                raise
        except BaseException:
            self._sandbox.end()
            raise
        self._events = Lines(self._sandbox.events)
        self._samples = Rows(self._sandbox.samples, 1 + len(self._rows))
        self._readings = Rows(self._plant.readings, OWN + len(self._plant.channels))
        self._began, self._ends_at = False, None
        return self

    def __exit__(self, *_: object) -> None:
        self._sandbox.ask("quit")
        end = time.monotonic() + 2.0
        while self._sandbox.runs and time.monotonic() < end:  # the controller's last cycles need their plant
            self._samples.read()
            self._readings.read()
            time.sleep(AWAKE / 10)
        self._plant.end()
        self.outcome.orderly = self._sandbox.end()

    @property
    def header(self) -> Header:
        """What runs: program, offsets and tools as the controller got them."""
        return Header(
            source=f"linuxcnc {''.join(self._options.names).upper()}",
            started=datetime.now(UTC).isoformat(timespec="milliseconds"),
            program_hash=program_hash(self._program),
            offsets_hash=offsets_hash(self._scenario.part.work_offsets),
            tools_hash=tools_hash(self._scenario.tools),
            tool_ids={str(number): tool.name for number, tool in self._scenario.tools.items()},
            note=CONTROLLER_IN_THE_LOOP,
            cut="nothing",
        )

    @property
    def channels(self) -> tuple[Channel, ...]:
        own = [row.channel for row in self._rows if row.channel]
        if (uncertainty := self._plant.scale_uncertainty) is not None:
            scales = {f"{name}_actual_mm" for name in self._options.axes}
            own = [replace(c, uncertainty=uncertainty / MM) if c.name in scales else c for c in own]
        return (*own, *self._plant.channels)

    @property
    def limits(self) -> dict[str, tuple[float, float]]:
        """What :meth:`send` takes; nothing that the options do not switch on."""
        reach = self._options.largest_offset / UM
        feed = {"feed_factor_ratio": (self._options.least_feed, 1.0)} if self._options.adaptive_feed else {}
        return feed | ({"offset_z_um": (-reach, reach)} if self._options.external_offset else {})

    def send(self, command: Mapping[str, float]) -> dict[str, float]:
        """Have the controller change feed or offset, within the limits; return what was sent.

        Raises:
            InputError: not armed, a command that is not switched on, or a value that is no number.
        """
        if not self._options.armed:
            raise InputError("nothing is sent to a controller that is not armed", remedy="twin bench --arm")
        limits, sent = self.limits, {}
        for name, value in command.items():
            if name not in limits or not np.isfinite(value):
                raise InputError(
                    f"the controller takes no {name} = {value}", remedy="bench.adaptive_feed, bench.external_offset"
                )
            sent[name] = float(np.clip(value, *limits[name]))
            pin, factor = ASKED[name]
            self._sandbox.ask("set", pin=pin, value=sent[name] * factor)
        return sent

    @property
    def plant_pid(self) -> int:
        """Process of the plant."""
        return self._plant.pid

    def blocks(self) -> Iterator[Block]:
        first, alive = 1, time.monotonic()
        with selectors.DefaultSelector() as selector:
            for pipe in (self._events, self._samples, self._readings):
                selector.register(pipe.descriptor, selectors.EVENT_READ, pipe)
            while self._ends_at is None or first <= self._ends_at:
                for key, _ in selector.select(AWAKE):
                    if key.data is self._readings and self._readings.waiting > self._samples.waiting + AHEAD:
                        time.sleep(PAUSE)  # the plant waits for the sampler's reader: its ring must not run over
                        continue
                    key.data.read()
                    if key.data.ended:
                        selector.unregister(key.fd)
                for event in self._events.take():
                    self._heed(event)
                if block := self._block(first):
                    first, alive = block.first + len(block), time.monotonic()
                    yield block
                elif not self._sandbox.runs:
                    if not self._began:
                        raise self._sandbox.failure()
                    break
                elif self._readings.ended and self._ends_at is not None:
                    break
                elif time.monotonic() - alive > (SILENCE if self._began else START):
                    raise InputError(
                        f"the controller has been silent for {time.monotonic() - alive:.0f} s",
                        remedy="see whether the plant is slower than that a cycle",
                    )

    def _heed(self, event: dict[str, Any]) -> None:
        """Take up what the panel says."""
        if event["event"] == "ready":
            self._began = True
            # The start-up code may come to nothing: switching the machine on empties the controller's queue.
            before = [f"G64 P{self._options.path_tolerance / MM}", *(["M52 P1"] if self._options.adaptive_feed else [])]
            self._sandbox.ask("run", file="/tmp/program.ngc", before=before, prefill_s=self._options.read_ahead)
        elif event["event"] == "error":
            self.outcome.messages.append(event["text"])
        elif event["event"] == "ended":
            self._ends_at = event["cycle"]
            self.outcome.finished, self.outcome.why = event["finished"], event["why"]
            self.outcome.line = event["line"]
        elif event["event"] == "unusable":
            raise InputError(". ".join([event["text"], *self.outcome.messages]))
        elif event["event"] == "refused":
            raise InputError(
                f"LinuxCNC cannot run this program: {event['text']}",
                file=self._options.program or self._scenario.program_file,
                line=event["line"],
                remedy="it reads RS274/NGC: write the line for it, or bench another program",
            )

    def _block(self, expected: int) -> Block | None:
        """The cycles that both controller and plant have delivered, from ``expected`` on."""
        n = min(self._samples.waiting, self._readings.waiting)
        if n == 0 and not (self._readings.ended and self._samples.waiting):
            return None
        if n == 0:  # the plant is gone; the controller's own samples are still measurements
            n = self._samples.waiting
            sample, reading = self._samples.take(n), np.full((n, OWN + len(self._plant.channels)), np.nan)
            reading[:, 0] = sample[:, 1]
        else:
            sample, reading = self._samples.take(n), self._readings.take(n)
        cycle = sample[:, 1]
        number = np.arange(expected, expected + n)
        if (cycle != number).any() or (reading[:, 0] != number).any():
            lost = number[np.argmax((cycle != number) | (reading[:, 0] != number))]
            raise InputError(f"samples are missing from cycle {int(lost)} of the controller on")
        values = {}
        for column, row in enumerate(self._rows, start=1):
            if row.channel:
                values[row.channel.name] = sample[:, column] * row.factor
        for axis in ("z_commanded_mm", "z_actual_mm"):  # of the tool's tip
            values[axis] = values[axis] - values["tool_length_mm"]
        for column, channel in enumerate(self._plant.channels, start=OWN):
            values[channel.name] = reading[:, column]
        self.answered = reading[:, 1]
        quality = np.where(np.isnan(reading[:, 1]) & bool(self._plant.channels), Quality.BAD, Quality.GOOD)
        return Block(int(number[0]), number * PERIOD, values, quality.astype(np.uint8))
