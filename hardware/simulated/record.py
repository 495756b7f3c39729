"""A simulated machine's run as a recording, with the channels that a bench with a controller records."""

from pathlib import Path

import numpy as np

from hardware.calibration.recorded import TRUTH, Recorded
from hardware.channel import Block, Channel, Clock, Quality
from hardware.recording import Header, Recorder
from hardware.simulated.plant import Commands, SimulatedPlant
from twin.motion import Controller, servo_samples
from twin.prediction import Machining
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


def commands_of(recorded: Recorded) -> Commands:
    """What a controller commanded in a recorded run from the program's first line on, to ask it of another machine.

    That is allowed because a controller plans its path without looking at the scales.
    """
    first = int(np.argmax(recorded.line > 0))
    position = recorded.commanded[first:]
    length = recorded.input("tool_length_mm", 0.0)[first:] * MM
    position[:, 2] += length
    return Commands(
        recorded.period,
        position,
        recorded.input("spindle_speed_rpm")[first:] * RPM,
        recorded.line[first:],
        recorded.input("path_speed_mm_s")[first:] * MM,
        length,
    )


def planned_commands(machining: Machining, controller: Controller, period: float) -> Commands:
    """Commands of the twin's own time law, where no controller is at hand."""
    blocks = list(servo_samples(machining.program, machining.motion, controller, period=period))
    position, move = np.concatenate([b.commanded for b in blocks]), np.concatenate([b.move for b in blocks])
    speed = np.linalg.norm(np.diff(position, axis=0, prepend=position[:1]), axis=1) / period
    spindle, line = machining.program.spindle[move], machining.program.line[move]
    return Commands(period, position, spindle, line, speed, np.zeros(len(line)))


def readings_of(plant: SimulatedPlant, commands: Commands) -> dict[str, np.ndarray]:
    """What a run of ``commands`` records: channel -> (sample,), those of the controller first."""
    actual, readings = plant.run(commands)
    tip = np.array([0.0, 0.0, 1.0]) * commands.tool_length[:, None]
    commanded = commands.position[:, :3] - tip
    columns = [*(commanded / MM).T, *((actual - tip) / MM).T, commands.path_speed / MM, commands.spindle_speed / RPM]
    columns += [commands.line.astype(float), commands.tool_length / MM, *readings.T]
    channels = (*own_channels(plant), *plant.channels)
    return {channel.name: column for channel, column in zip(channels, columns, strict=True)}


def recorded_run(plant: SimulatedPlant, commands: Commands) -> Recorded:
    """A run of ``commands`` as a recording that was read, without its hidden truth."""
    values = {name: v for name, v in readings_of(plant, commands).items() if not name.startswith(TRUTH)}
    channels = {c.name: c for c in (*own_channels(plant), *plant.channels) if c.name in values}
    time = np.arange(len(commands)) * commands.period
    return Recorded(time, commands.period, channels, values, np.ones(len(time), bool))


def record(plant: SimulatedPlant, commands: Commands, file: Path, header: Header) -> None:
    """Run ``commands`` on ``plant`` and write ``file``, which must not exist.

    Raises:
        InputError: the recording cannot be written.
    """
    columns, channels = readings_of(plant, commands), (*own_channels(plant), *plant.channels)
    time = np.arange(len(commands)) * commands.period
    clock = Clock(name="controller", origin="start", period_s=commands.period)
    with Recorder(file, channels, clock, header) as recorder:
        for first in range(0, len(time), BLOCK):
            some = slice(first, first + BLOCK)
            good = np.full(len(time[some]), Quality.GOOD, np.uint8)
            recorder.append(Block(first, time[some], {name: v[some] for name, v in columns.items()}, good))
