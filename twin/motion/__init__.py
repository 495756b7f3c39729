"""From program to motion: look-ahead, time law, servo."""

from twin.motion.controller import Axis, Controller, RotaryAxis
from twin.motion.law import segment_times, time_law
from twin.motion.motion import Motion

__all__ = ["Axis", "Controller", "Motion", "RotaryAxis", "segment_times", "time_law"]
