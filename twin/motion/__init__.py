"""From program to motion: look-ahead, time law, servo."""

from twin.motion.controller import Axis, Controller, RotaryAxis
from twin.motion.law import segment_times, time_law
from twin.motion.motion import Motion
from twin.motion.servo import Loops, ServoBlock, servo_error, servo_loops, servo_samples
from twin.motion.servo_slopes import servo_slopes

__all__ = [
    "Axis",
    "Controller",
    "Loops",
    "Motion",
    "RotaryAxis",
    "ServoBlock",
    "segment_times",
    "servo_error",
    "servo_loops",
    "servo_samples",
    "servo_slopes",
    "time_law",
]
