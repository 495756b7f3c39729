"""How far off predicted temperatures and drift may be, from the scatter of the machine's thermal parameters.

The program's heat, as the run has it, is put through the twin's network once more for every parameter, moved by one
standard deviation; the changes are those of independent parameters, and their squares add up. The scatter of the
cutting coefficients moves the power of the cut as a whole. Air and coolant are taken as they were predicted.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from twin.calibration.parameters import Parameter
from twin.calibration.substitute import substituted
from twin.config import build
from twin.cutting.material import Material
from twin.machine.machine import Machine
from twin.thermal import ThermalModel, Workpiece, run_thermal, thermal_model, tool_point_drift
from twin.thermal.environment import Environment
from twin.units import MINUTE, MM, RPM, UM

NEEDED = ("axis_speed_mm_min", "cutting_power_w", "workpiece_share_ratio", "spindle_rpm", "flood_ratio")
ROOT = "machine.thermal"


def heat_deviation(
    thermal: xr.Dataset,
    config: Mapping[str, Any],
    parameters: Sequence[Parameter],
    part: Workpiece,
    power_scatter: float,
) -> tuple[np.ndarray, np.ndarray]:
    """One standard deviation of the node temperatures (time, node) [K] and of the drift (time, 3) [um].

    Args:
        thermal: group of the run, with NEEDED.
        config: the run's.
        parameters: priors, or what a calibration left of them; those of ROOT count.
        part: on the table.
        power_scatter: relative standard deviation of the cutting power.
    """
    machine = build(Machine, config["machine"], "machine")
    environment = build(Environment, config["environment"], "environment")
    time = thermal["time_s"].values
    n = len(time) - 1
    steps = 1 << max(6, (n - 1).bit_length())

    def padded(values: np.ndarray) -> np.ndarray:
        return np.pad(values[:n], [(0, steps - n), (0, 0)][: values.ndim])

    speed, power, share, spindle, flood = (thermal[name].values.astype(float) for name in NEEDED)
    moved = padded(np.column_stack([speed * MM / MINUTE, power]))
    switched, share = padded(np.column_stack([spindle * RPM, flood])), padded(share)
    step = float(time[1] - time[0])

    def run(model: ThermalModel, factor: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        done = run_thermal(model, environment, moved * [1.0, 1.0, 1.0, factor], switched, share, step)
        states = np.asarray(done)[: n + 1]
        growth = np.asarray(tool_point_drift(model, np.eye(len(model.nodes)), np.zeros(len(model.nodes))))
        return states, (states - states[0]) @ growth / UM

    nominal = thermal_model(machine.thermal, part)
    states, drift = run(nominal)
    of_states, of_drift = np.zeros_like(states), np.zeros_like(drift)
    changed = [(nominal, 1.0 + power_scatter)]
    for p in parameters:
        if p.name.startswith(f"{ROOT}."):
            network = substituted(nominal.network, ROOT, {p.name: float(p.value(np.asarray(1.0)))})
            changed.append((ThermalModel(network, nominal.workpiece, nominal.nodes), 1.0))
    for model, factor in changed:
        other_states, other_drift = run(model, factor)
        of_states += (other_states - states) ** 2
        of_drift += (other_drift - drift) ** 2
    return np.sqrt(of_states), np.sqrt(of_drift)


def part_of(config: Mapping[str, Any], stock_mm3: float, removed_mm3: float, extent: np.ndarray) -> Workpiece:
    """The part, half of what is removed gone; ``extent`` (3,) [mm]."""
    material = build(Material, config["material"], "material")
    mass = material.density * (stock_mm3 - removed_mm3 / 2) * MM**3
    dx, dy, dz = extent * MM
    return Workpiece(
        capacity=mass * material.specific_heat, area=2 * (dx * dy + dy * dz + dz * dx), expansion=material.expansion
    )
