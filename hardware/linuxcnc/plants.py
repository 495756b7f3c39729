"""The plants that conf/bench/linuxcnc*.yaml can put behind the controller."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from hardware.channel import Channel
from hardware.linuxcnc.lockstep import PlantMaker
from hardware.linuxcnc.options import Faults, LinuxcncOptions
from hardware.plant import Command, Plant, Reply
from twin.errors import InputError
from twin.scenario import Scenario


class IdealPlant:
    """A machine whose axes are where they are told to be."""

    channels: tuple[Channel, ...] = ()

    def step(self, command: Command) -> Reply:
        return Reply(feedback=command.position, touch=False, feed_factor=1.0, offset_z=0.0)

    def readings(self) -> np.ndarray:
        return np.empty(0)


@dataclass
class FaultyPlant:
    """A plant with faults on purpose: a drive that stops following, a process that ends."""

    plant: Plant
    faults: Faults
    axis: int
    _stuck: float | None = None
    _time: float = 0.0

    @property
    def channels(self) -> tuple[Channel, ...]:
        return self.plant.channels

    def step(self, command: Command) -> Reply:
        if command.line > 0 or self._time > 0:
            self._time += command.period
        if self.faults.plant_ends_at is not None and self._time >= self.faults.plant_ends_at:
            raise SystemExit
        reply = self.plant.step(command)
        if self.faults.drive_fails_at is not None and self._time >= self.faults.drive_fails_at:
            if self._stuck is None:
                self._stuck = float(reply.feedback[self.axis])
            reply.feedback = np.array(reply.feedback)
            reply.feedback[self.axis] = self._stuck
        return reply

    def readings(self) -> np.ndarray:
        return self.plant.readings()

    @property
    def scale_uncertainty(self) -> float | None:
        return getattr(self.plant, "scale_uncertainty", None)


def plant_maker(options: LinuxcncOptions, scenario: Scenario, other: str | None = None) -> PlantMaker:
    """What makes the plant that ``options.plant`` describes, in its own process.

    Args:
        other: text of the program that runs, where it is another than the scenario's.

    Raises:
        InputError: there is no such kind, or the feed of another program is to be controlled.
    """
    rest, faults = dict(options.plant), options.faults
    kind, control = rest.pop("kind", None), rest.pop("control", None)
    if kind == "ideal":
        make: PlantMaker = IdealPlant
    elif kind == "simulated":
        if other is not None and control and control.get("feed") is not None:
            raise InputError(
                "the forces of another program are not known", remedy="leave bench.program or control.feed out"
            )
        armed = {**control, "armed": options.armed} if control else None
        make = partial(_simulated, scenario, {**rest, "control": armed, "other": other})
    else:
        raise InputError(f"bench.plant.kind is {kind!r}", remedy="ideal or simulated")
    if faults.drive_fails_at is None and faults.plant_ends_at is None:
        return make
    return partial(_faulty, make, faults, options.names.index(faults.drive))


def _simulated(scenario: Scenario, options: Mapping[str, Any]) -> Plant:
    from hardware.simulated.plant import simulated_plant  # takes seconds to load: only where it is made

    return simulated_plant(scenario, **options)


def _faulty(make: PlantMaker, faults: Faults, axis: int) -> Plant:
    return FaultyPlant(make(), faults, axis)
