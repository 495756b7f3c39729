"""A simulated machine behind a controller: the twin's own models with hidden parameters, sensors with noise, faults.

What the scales read is the position behind the servo loops; thermal drift moves the tool point and is invisible to
them. Channels that begin with ``truth_`` are for those who judge, never for a calibration.
"""

import copy
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hardware.channel import Channel
from hardware.control.looped import LoopedPlant
from hardware.path_position import path_of
from hardware.plant import Command, Plant, Reply
from hardware.segment_loads import QUANTITIES, segment_loads
from hardware.simulated.cycles import (
    ACTUAL,
    COULOMB,
    DRIVE,
    FORCE,
    GAIN,
    N_OUT,
    N_SUMS,
    PLAY,
    VISCOUS,
    run_cycles,
    state_at_rest,
)
from hardware.simulated.hidden import hidden_scenario, write_truth
from hardware.simulated.options import LEFT, PlantOptions, check_faults, sensors
from hardware.simulated.surface import SurfaceUnderProbe
from hardware.simulated.warmth import Warmth
from twin.config import build
from twin.cutting.basis import COEFFICIENTS
from twin.motion.servo import servo_loops
from twin.prediction import Machining
from twin.program.program import Op
from twin.scenario import Scenario
from twin.simulate import axis_positions, machine
from twin.units import MM, UM

XYZ = "xyz"
NOISE_ROWS = 1024  # cycles whose noise is drawn at once
MEASURED = slice(0, 7)  # columns of the fast readings that have noise: forces, power, drive forces


@dataclass(frozen=True)
class Commands:
    """What a controller asked for, cycle by cycle: a recorded run."""

    period: float  # [s]
    position: np.ndarray  # (cycle, axis) [m] joints
    spindle_speed: np.ndarray  # (cycle,) [rad/s]
    line: np.ndarray  # (cycle,)
    path_speed: np.ndarray  # (cycle,) [m/s]
    tool_length: np.ndarray  # (cycle,) [m]

    def __len__(self) -> int:
        return len(self.line)


def simulated_plant(
    scenario: Scenario,
    machining: Machining | None = None,
    *,
    control: Mapping[str, Any] | None = None,
    other: str | None = None,
    **options: Any,
) -> Plant:
    """A machine with hidden parameters behind a controller that runs ``scenario``'s program.

    Args:
        scenario: what the twin knows; the hidden parameters are drawn from the priors about it.
        machining: as the twin has run it; None: it is run here, which takes as long as a run of the twin.
        control: corrections that go back to the controller, see :mod:`hardware.control.options`; None: there are none.
        other: text of another program that the controller runs on the finished part, in air or probing; None: the
            scenario's own.
        options: fields of :class:`hardware.simulated.options.PlantOptions`, units in the keys.

    Raises:
        InputError: unknown options, a fault of a sensor that there is not, a program that cannot be machined, a control
            that is not armed.
    """
    if machining is None:
        machining = machine(scenario, lambda stage: None)
    plant = simulated_machine(scenario, machining, other, **options)
    return LoopedPlant(plant, scenario, machining, control) if control else plant


def simulated_machine(
    scenario: Scenario, machining: Machining, other: str | None = None, **options: Any
) -> "SimulatedPlant":
    """As :func:`simulated_plant`, the machine alone."""
    chosen = build(PlantOptions, options, "plant")
    simulated, hidden = hidden_scenario(scenario, chosen.seed)
    if chosen.truth_file:
        write_truth(Path(chosen.truth_file), chosen.seed, hidden)
    return SimulatedPlant(simulated, machining, chosen, other)


class SimulatedPlant:
    """Answers commands cycle by cycle (:meth:`step`) or a whole recorded run (:meth:`run`), with the same result.

    Args:
        scenario: with the parameters of the machine that is simulated.
        machining: of the scenario's program; its path and engagement are used, none of its parameters.
        options: of the bench.
        other: text of another program that runs over the finished part, and cuts nothing; None: the scenario's own.
    """

    def __init__(self, scenario: Scenario, machining: Machining, options: PlantOptions, other: str | None = None):
        self.options, self._sensors = options, sensors()
        self._part = np.asarray(scenario.part.part_zero)
        self._place = np.asarray(scenario.part.machine_position)
        self._warmth = Warmth(scenario, machining.cut, self._sensors.slow_period)
        self._surface = SurfaceUnderProbe(machining.cut.columns)
        program = machining.program
        own = frozenset(program.line[program.op == Op.PROBE].tolist())
        self._probe_lines = own if other is None else None  # None: any may, the controller knows when it probes
        loads = segment_loads(scenario, machining.toolpath, machining.contact)
        k = scenario.material.coefficients
        chip, edge = loads.split(np.array([float(getattr(k, name)) for name in COEFFICIENTS]))
        self._loads = (chip, edge, loads.speed, loads.spindle)
        path = path_of(machining.toolpath)
        flood = (machining.toolpath.coolant & 2 > 0).astype(float)
        ran = path.line if other is None else path.line[:0]  # without lines the tool is nowhere on the path
        self._path = (path.start, path.end, ran, flood)
        self._gauge_length = axis_positions(scenario, machining.toolpath)[1]
        self._healthy = _servo(scenario, options.compliance), _drives(scenario)
        drives = [scenario.machine.thermal.feed_drives[axis] for axis in "XYZ"]
        self._nut = np.array([2 * np.pi * d.friction_torque / d.lead for d in drives])  # its part of the friction
        self.channels = self._channels()
        self._deviation = np.array([c.uncertainty or 0.0 for c in self.channels])
        self._begin(options)
        none, nowhere = np.zeros(0), np.zeros((0, 3))
        nothing = Commands(1e-3, nowhere, none, none, none, none)
        # compiled now, while no controller waits
        self._cycles(nothing, nowhere, nowhere, slice(0, 0), state_at_rest(np.zeros(3)))

    def again(self, **changes: Any) -> "SimulatedPlant":
        """The same machine at the beginning of another run.

        Args:
            changes: fields of :class:`PlantOptions` (SI) for that run: ``noise_seed``, ``faults``, ``daily_scatter``.
        """
        other = copy.copy(self)
        other._warmth = copy.copy(self._warmth)
        other._begin(dataclasses.replace(self.options, **changes))
        return other

    def _begin(self, options: PlantOptions) -> None:
        """Everything that a run changes."""
        check_faults(options.faults, tuple(c.name for c in self.channels if not c.name.startswith("truth_")))
        self.options = options
        self._fast_noise = _Noise(options.noise_seed, 3 + 7)
        self._slow_noise = np.random.default_rng([options.noise_seed, 1])
        self._place_on_path, self._sums = np.zeros(2, np.int64), np.zeros(N_SUMS)
        self._state: np.ndarray | None = None
        self._cycle, self._in_step, self._lost = 0, 0, False
        self._waiting = sorted(options.faults, key=lambda fault: fault.start)
        self._bias, self._row = np.zeros(len(self.channels)), np.zeros(len(self.channels))
        self._slow = np.zeros(0)
        self._servo, self._drives = (rows.copy() for rows in self._healthy)
        # friction of the axes, gains of the axes, heat, belt
        today = np.exp(options.daily_scatter * np.random.default_rng([options.noise_seed, 2]).standard_normal(8))
        self._drives[[COULOMB, VISCOUS]] *= today[:3]
        self._servo[GAIN] *= today[3:6] ** 0.1
        self._warmth.begin(float(today[6]))
        self._tension = options.belt.tension * float(today[7]) if options.belt else 0.0

    def step(self, command: Command) -> Reply:
        """Advance by one cycle."""
        one = Commands(
            command.period,
            command.position[None, :3],
            np.array([command.spindle_speed]),
            np.array([command.line]),
            np.array([command.path_speed]),
            np.array([command.tool_length]),
        )
        feedback, readings = self.run(one)
        self._row = readings[0]
        may = self._probe_lines is None or command.line in self._probe_lines
        touch = may and self._surface.touched(self._true_tip - self._part)
        rotary = command.position[3:]
        return Reply(np.concatenate([feedback[0], rotary]), touch, 1.0, 0.0)

    @property
    def scale_uncertainty(self) -> float:
        """Standard uncertainty of what the scales read [m]."""
        return _uncertainty(self._sensors.scale)

    def readings(self) -> np.ndarray:
        """(channel,) of the last cycle, in the channels' units."""
        return self._row

    def run(self, commands: Commands) -> tuple[np.ndarray, np.ndarray]:
        """What the scales read (cycle, 3) [m] and the readings (cycle, channel) of a run of commands, which go on."""
        n, period = len(commands), commands.period
        tip = commands.position[:, :3] - commands.tool_length[:, None] * np.array([0.0, 0.0, 1.0])
        feedback, readings = np.empty((n, 3)), np.empty((n, len(self.channels)))
        per_step = round(self._sensors.slow_period / period)
        first = 0
        while first < n:
            self._break(period)
            last = min(n, first + per_step - self._in_step)
            some = slice(first, last)
            self._advance(commands, tip, some, feedback, readings)
            self._in_step += last - first
            self._cycle += last - first
            if self._in_step == per_step:
                if self._lost:
                    self._sums[-1] = 0.0
                self._warmth.advance(self._sums)
                self._read_slow(tip[last - 1])
                self._sums[:], self._in_step = 0.0, 0
            first = last
        return feedback, readings

    def _advance(
        self, commands: Commands, tip: np.ndarray, some: slice, feedback: np.ndarray, readings: np.ndarray
    ) -> None:
        """The cycles ``some``, within one slow step."""
        position = np.ascontiguousarray(commands.position[some, :3])
        if self._state is None:
            self._state = state_at_rest(position[0])
            self._read_slow(tip[some][0])
        out = self._cycles(commands, position, tip[some] - self._part, some, self._state)
        noise = self._fast_noise.take(len(out))
        s = self._sensors
        feedback[some] = _stepped(out[:, ACTUAL] + s.scale.deviation * noise[:, :3], s.scale.quantum)
        loads = out[:, FORCE]
        fast = np.concatenate([loads[:, :4], out[:, DRIVE]], axis=1)
        quantum = np.array([s.force.quantum] * 3 + [s.spindle_power.quantum] + [s.drive_force.quantum] * 3)
        spread = np.array([s.force.deviation] * 3 + [s.spindle_power.deviation] + [s.drive_force.deviation] * 3)
        rows = readings[some]
        rows[:, MEASURED] = _stepped(fast + self._bias[MEASURED] + spread * noise[:, 3:], quantum)
        rows[:, 7 : 7 + len(self._slow)] = self._slow
        rows[:, -7:-4] = self._drift / UM
        rows[:, -4] = loads[:, QUANTITIES.index("force_peak")]
        rows[:, -3:] = (out[:, ACTUAL] - commands.tool_length[some][:, None] * np.array([0.0, 0.0, 1.0])) / MM
        self._true_tip = rows[-1, -3:] * MM + self._drift

    def _cycles(
        self, commands: Commands, position: np.ndarray, tip: np.ndarray, some: slice, state: np.ndarray
    ) -> np.ndarray:
        """(cycle, N_OUT), columns as in :mod:`hardware.simulated.cycles`."""
        out = np.empty((len(position), N_OUT))
        run_cycles(
            position,
            np.ascontiguousarray(tip),
            np.ascontiguousarray(commands.line[some], dtype=np.int64),
            np.ascontiguousarray(commands.spindle_speed[some], dtype=float),
            np.ascontiguousarray(commands.path_speed[some], dtype=float),
            commands.period,
            self._servo,
            self._drives,
            state,
            self._path,
            self._loads,
            self._place_on_path,
            out,
            self._sums,
        )
        return out

    def _read_slow(self, tip: np.ndarray) -> None:
        """Readings that are taken once a slow step, held until the next."""
        warm, s = self._warmth, self._sensors
        axis_position = tip - self._part + self._place
        axis_position[2] += self._gauge_length[self._place_on_path[0]]
        self._drift = warm.drift(axis_position)
        true = [*warm.states, warm.air, warm.coolant]
        spread, quantum = [s.temperature.deviation] * len(true), [s.temperature.quantum] * len(true)
        if self.options.nest:
            true += [*self._drift / UM]
            spread, quantum = spread + [s.nest.deviation / UM] * 3, quantum + [s.nest.quantum / UM] * 3
        if span := self.options.belt:
            true += [np.sqrt(self._tension / span.mass_per_length) / (2 * span.length)]
            spread, quantum = [*spread, s.belt.deviation], [*quantum, s.belt.quantum]
        noise = self._slow_noise.standard_normal(len(true)) * np.array(spread)
        bias = self._bias[7 : 7 + len(true)]
        self._slow = _stepped(np.array(true) + bias + noise, np.array(quantum))

    def _break(self, period: float) -> None:
        """Let the faults happen whose time has come."""
        while self._waiting and self._cycle * period >= self._waiting[0].start - period / 2:
            fault = self._waiting.pop(0)
            left, axis = LEFT.get(fault.kind, 0.0) if fault.factor is None else fault.factor, XYZ.index(fault.axis)
            if fault.kind == "servo_bandwidth":
                self._servo[GAIN, axis] *= left
            elif fault.kind == "friction":
                self._drives[COULOMB, axis] *= left
            elif fault.kind == "preload_lost":
                self._drives[COULOMB, axis] -= (1 - left) * self._nut[axis]
                self._servo[PLAY, axis] += fault.play
            elif fault.kind == "belt_slack":
                self._tension *= left
            elif fault.kind == "sensor_bias":
                column = [c.name for c in self.channels].index(fault.channel)
                self._bias[column] += fault.deviations * self._deviation[column]
            else:
                self._lost = True

    def _channels(self) -> tuple[Channel, ...]:
        s = self._sensors

        def channel(name: str, unit: str, sensor: Any, factor: float = 1.0) -> Channel:
            return Channel(name=name, unit=unit, sensor=sensor.sensor, uncertainty=_uncertainty(sensor) / factor)

        found = [channel(f"force_{a}_n", "N", s.force) for a in XYZ]
        found += [channel("spindle_power_w", "W", s.spindle_power)]
        found += [channel(f"{a}_drive_force_n", "N", s.drive_force) for a in XYZ]
        found += [channel(f"{node}_degc", "°C", s.temperature) for node in (*self._warmth.nodes, "ambient", "coolant")]
        if self.options.nest:
            found += [channel(f"nest_{a}_um", "µm", s.nest, UM) for a in XYZ]
        if self.options.belt:
            found += [channel("belt_frequency_hz", "Hz", s.belt)]
        found += [Channel(name=f"truth_drift_{a}_um", unit="µm") for a in XYZ]
        found += [Channel(name="truth_force_peak_n", unit="N")]
        return (*found, *(Channel(name=f"truth_{a}_mm", unit="mm") for a in XYZ))


def _servo(scenario: Scenario, compliance: float) -> np.ndarray:
    """(parameter, axis), rows as in :mod:`hardware.simulated.cycles`."""
    loops = servo_loops(scenario.controller)
    assert loops is not None  # the priors give every axis a gain
    rows = [loops.gain, loops.lag_share, loops.play, loops.spike, loops.decay, np.full(3, compliance)]
    return np.array(rows)


def _drives(scenario: Scenario) -> np.ndarray:
    """(parameter, axis): Coulomb friction of guide, screw and nut at the carriage, viscous friction, moving mass."""
    drives = [scenario.machine.thermal.feed_drives[axis] for axis in "XYZ"]
    coulomb = [d.friction_force + 2 * np.pi * d.friction_torque / d.lead for d in drives]
    return np.array([coulomb, [d.viscous_friction for d in drives], [d.moving_mass for d in drives]], dtype=float)


def _uncertainty(sensor: Any) -> float:
    """Of noise and step together."""
    return float(np.hypot(sensor.deviation, sensor.quantum / np.sqrt(12)))


def _stepped(values: np.ndarray, quantum: np.ndarray | float) -> np.ndarray:
    return np.round(values / quantum) * quantum


class _Noise:
    """One stream of rows of standard normals, whoever takes how many at a time."""

    def __init__(self, seed: int, width: int):
        self._stream, self._rows = np.random.default_rng(seed), np.empty((0, width))

    def take(self, n: int) -> np.ndarray:
        """The next ``n`` rows."""
        while len(self._rows) < n:
            more = self._stream.standard_normal((NOISE_ROWS, self._rows.shape[1]))
            self._rows = np.concatenate([self._rows, more])
        taken, self._rows = self._rows[:n], self._rows[n:]
        return taken
