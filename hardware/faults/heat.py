"""Thermal indicators of a run: how much there is of the predicted warming by the spindle and cooling by the coolant.

The twin's network starts from the measured temperatures and is stepped with and without the spindle's heat, with and
without coolant. What was measured lies between: the factor on the difference is the indicator, 1 where machine and
model agree. Its level tells of the model, its change of the machine.
"""

import numpy as np

from hardware.calibration.recorded import Recorded
from hardware.faults.regression import Indicator, regressed
from hardware.thermal_part import part_on_table, step_matrices
from twin.prediction import Machining
from twin.scenario import Scenario
from twin.thermal import heat_inputs
from twin.units import RPM

STEP = 1.0  # [s]
PLACES = ("front_bearing", "spindle_motor")  # whose warming is looked at, and whose zero against the air
COOLED = "workpiece"
LEAST = 0.2  # [K] of predicted difference; less shows nothing


class HeatCheck:
    """The network of the scenario's machine, ready to be stepped along recorded runs."""

    def __init__(self, scenario: Scenario, machining: Machining):
        self._model = part_on_table(scenario, machining.cut)
        self._share = scenario.material.workpiece_share
        self._matrices = [step_matrices(self._model, flood, STEP) for flood in (False, True)]
        toolpath = machining.toolpath
        self._flood_lines = np.unique(toolpath.line[toolpath.coolant & 2 > 0])

    def indicators(self, recorded: Recorded) -> dict[str, Indicator]:
        """Factors of warming and cooling, zeros of sensors; none where a node has no channel."""
        nodes = self._model.nodes
        if any(f"{node}_degc" not in recorded.channels for node in (*nodes, "ambient", "coolant")):
            return {}
        per_step = round(STEP / recorded.period)
        n = (len(recorded.time) - 1) // per_step
        if n < 4:
            return {}
        measured = np.stack([recorded.input(f"{node}_degc")[: n * per_step + 1 : per_step] for node in nodes], axis=1)
        flood = np.isin(recorded.line[: n * per_step : per_step], self._flood_lines)
        heat, unheated = (self._inputs(recorded, per_step, n, flood, spinning) for spinning in (True, False))
        start = measured[0]
        full, cold = self._states(start, heat, flood), self._states(start, unheated, flood)
        dry = self._states(start, heat, np.zeros(n, bool))
        found: dict[str, Indicator] = {}
        for name, place, base in (
            *((f"heat_{place}_ratio", place, cold) for place in PLACES),
            ("coolant_ratio", COOLED, dry),
        ):
            column = nodes.index(place)
            difference = (full - base)[:, column]
            if np.ptp(difference) > LEAST:
                rows, ones = np.ones(n + 1, bool), np.ones(n + 1)
                found |= regressed([difference, ones], measured[:, column] - base[:, column], rows, [name, ""])
        for place in PLACES:
            zero = start[nodes.index(place)] - recorded.input("ambient_degc")[0]
            spread = np.hypot(recorded.deviation("ambient_degc"), recorded.deviation(f"{place}_degc"))
            found[f"zero_{place}_k"] = Indicator(float(zero), float(spread))
        return found

    def _inputs(self, recorded: Recorded, per_step: int, n: int, flood: np.ndarray, spinning: bool) -> np.ndarray:
        """Heat into each node [W], air and coolant [degC], (step, node + 2)."""
        size = max(64, 1 << (n - 1).bit_length())

        def mean(values: np.ndarray) -> np.ndarray:
            steps = values[: n * per_step].reshape(n, per_step, *values.shape[1:]).mean(axis=1)
            return np.concatenate([steps, np.zeros((size - n, *steps.shape[1:]))])

        speed = np.abs(np.diff(recorded.commanded, axis=0, prepend=recorded.commanded[:1])) / recorded.period
        spindle = np.abs(recorded.input("spindle_speed_rpm")) * RPM
        return np.asarray(
            heat_inputs(
                self._model,
                spindle_speed=mean(spindle) if spinning else np.zeros(size),
                axis_speed=mean(speed),
                cutting_power=mean(recorded.input("spindle_power_w", 0.0)),
                workpiece_share=self._share,
                ambient=mean(recorded.input("ambient_degc")),
                coolant=mean(recorded.input("coolant_degc")),
                flood=np.concatenate([flood, np.zeros(size - n)]).astype(float),
            )
        )[:n]

    def _states(self, start: np.ndarray, heat: np.ndarray, flood: np.ndarray) -> np.ndarray:
        """Temperatures (step + 1, node) [degC]."""
        states = [start]
        for inputs, wet in zip(heat, flood, strict=True):
            transition, drive = self._matrices[int(wet)]
            states.append(transition @ states[-1] + drive @ inputs)
        return np.array(states)
