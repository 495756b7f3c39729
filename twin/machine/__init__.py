"""The machine: axes, kinematic chain, geometric errors, spindle and tools."""

from twin.machine.kinematics import Kinematics, geometric_error
from twin.machine.machine import Machine, beyond_travel, machine_kinematics
from twin.machine.spindle import Spindle
from twin.machine.tool import Tool

__all__ = ["Kinematics", "Machine", "Spindle", "Tool", "beyond_travel", "geometric_error", "machine_kinematics"]
