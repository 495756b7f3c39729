"""Temperatures of machine and part, and what they do to the place where the tool cuts."""

from twin.thermal.environment import Environment, ambient_temperature, coolant_temperature
from twin.thermal.expansion import axis_scale, thermal_error, tool_point_drift, workpiece_expansion
from twin.thermal.heat import heat_inputs, mean_over_steps
from twin.thermal.machine_error import Temperatures, machine_error, structure_temperatures
from twin.thermal.model import ThermalModel, Workpiece, thermal_model
from twin.thermal.network import ThermalNetwork
from twin.thermal.transient import run_thermal, simulate_thermal, warm_up_state

__all__ = [
    "Environment",
    "Temperatures",
    "ThermalModel",
    "ThermalNetwork",
    "Workpiece",
    "ambient_temperature",
    "axis_scale",
    "coolant_temperature",
    "heat_inputs",
    "machine_error",
    "mean_over_steps",
    "run_thermal",
    "simulate_thermal",
    "structure_temperatures",
    "thermal_error",
    "thermal_model",
    "tool_point_drift",
    "warm_up_state",
    "workpiece_expansion",
]
