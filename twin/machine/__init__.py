"""The machine: axes, kinematic chain, geometric errors, spindle and tools."""

from twin.machine.inverse import axis_positions
from twin.machine.kinematics import Kinematics, geometric_error, tool_point_error, tool_pose
from twin.machine.machine import Machine, beyond_travel, check_travel, machine_kinematics
from twin.machine.spindle import Spindle
from twin.machine.tool import Tool

__all__ = [
    "Kinematics",
    "Machine",
    "Spindle",
    "Tool",
    "axis_positions",
    "beyond_travel",
    "check_travel",
    "geometric_error",
    "machine_kinematics",
    "tool_point_error",
    "tool_pose",
]
