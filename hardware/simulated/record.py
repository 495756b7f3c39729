"""A simulated machine's run as a recording, with the channels that a bench with a controller records."""

from pathlib import Path

import numpy as np

from hardware.channel import Block, Channel, Clock, Quality
from hardware.recording import Header, Recorder
from hardware.simulated.plant import Commands, SimulatedPlant
from twin.units import MM, RPM

BLOCK = 10_000  # samples


def own_channels(plant: SimulatedPlant) -> tuple[Channel, ...]:
    """What the controller itself samples."""
    fine = plant.scale_uncertainty / MM
    return (
        *(Channel(name=f"{a}_commanded_mm", unit="mm") for a in "xyz"),
        *(Channel(name=f"{a}_actual_mm", unit="mm", uncertainty=fine) for a in "xyz"),
        Channel(name="path_speed_mm_s", unit="mm/s"),
        Channel(name="spindle_speed_rpm", unit="1/min"),
        Channel(name="line", unit="1"),
        Channel(name="tool_length_mm", unit="mm"),
    )


def record(plant: SimulatedPlant, commands: Commands, file: Path, header: Header) -> None:
    """Run ``commands`` on ``plant`` and write ``file``, which must not exist.

    Raises:
        InputError: the recording cannot be written.
    """
    actual, readings = plant.run(commands)
    tip = np.array([0.0, 0.0, 1.0]) * commands.tool_length[:, None]
    commanded = commands.position[:, :3] - tip
    columns = [*(commanded / MM).T, *((actual - tip) / MM).T, commands.path_speed / MM, commands.spindle_speed / RPM]
    columns += [commands.line.astype(float), commands.tool_length / MM, *readings.T]
    channels = (*own_channels(plant), *plant.channels)
    time = np.arange(len(commands)) * commands.period
    clock = Clock(name="controller", origin="start", period_s=commands.period)
    with Recorder(file, channels, clock, header) as recorder:
        for first in range(0, len(time), BLOCK):
            some = slice(first, first + BLOCK)
            values = {c.name: column[some] for c, column in zip(channels, columns, strict=True)}
            good = np.full(len(time[some]), Quality.GOOD, np.uint8)
            recorder.append(Block(first, time[some], values, good))
