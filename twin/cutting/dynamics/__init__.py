"""Vibration of the tool point and of the part: modes, frequency responses, coupling of tool and holder."""

from twin.cutting.dynamics.fit import ModalFit, fit_modes
from twin.cutting.dynamics.measured import MeasuredTip, measured_tip
from twin.cutting.dynamics.modes import Modes, join, receptance
from twin.cutting.dynamics.tap_test import TapResponse, tap_response
from twin.cutting.dynamics.thin_wall import Wall, machined, make_wall, modes_at, wall_modes
from twin.cutting.dynamics.tool_point import tool_point_modes, tool_point_receptance

__all__ = [
    "MeasuredTip",
    "ModalFit",
    "Modes",
    "TapResponse",
    "Wall",
    "fit_modes",
    "join",
    "machined",
    "make_wall",
    "measured_tip",
    "modes_at",
    "receptance",
    "tap_response",
    "tool_point_modes",
    "tool_point_receptance",
    "wall_modes",
]
