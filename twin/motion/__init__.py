"""From program to motion: look-ahead, time law, servo."""

from twin.motion.controller import Axis, Controller, RotaryAxis
from twin.motion.law import segment_times, time_law
from twin.motion.motion import Motion
from twin.motion.servo import ServoBlock, servo_error, servo_samples

__all__ = [
    "Axis",
    "Controller",
    "Motion",
    "RotaryAxis",
    "ServoBlock",
    "segment_times",
    "servo_error",
    "servo_samples",
    "time_law",
]
