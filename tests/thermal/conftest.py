"""A small machine: spindle on a column, part on a table, three axes."""

import copy

import pytest

from twin.config import build
from twin.thermal.model import Workpiece, thermal_model
from twin.thermal.network import ThermalNetwork

ASSUMED = {"scatter_pct": 20, "source": "assumed"}


def drive(node, **change):
    values = {
        "screw": node,
        "lead_mm": 20,
        "friction_torque_nm": 1.5,
        "guide": "column",
        "friction_force_n": 200,
        "standard": node,
        "expansion_um_m_k": 12,
        "fixed_end_mm": 100,
        **ASSUMED,
    }
    return {**values, **change}


SMALL = {
    "nodes": {
        "spindle": {"capacity_j_k": 5000, **ASSUMED},
        "screw": {"capacity_j_k": 3835.4, **ASSUMED},  # 36 mm diameter, 1 m, steel
        "column": {"capacity_j_k": 400000, **ASSUMED},
    },
    "links": [
        {"between": ["spindle", "column"], "conductance_w_k": 50, **ASSUMED},
        {"between": ["screw", "ambient"], "conductance_w_k": 3.3929, **ASSUMED},  # 30 W/m2 K all around
        {"between": ["column", "ambient"], "conductance_w_k": 40, **ASSUMED},
        {"between": ["workpiece", "column"], "conductance_w_k": 30, **ASSUMED},
        {"between": ["workpiece", "ambient"], "film_w_m2_k": 10, "when": "dry", **ASSUMED},
        {"between": ["workpiece", "coolant"], "film_w_m2_k": 800, "when": "flood", **ASSUMED},
    ],
    "bearings": [
        {
            "node": "spindle",
            "n_bearings": 2,
            "mean_diameter_mm": 90,
            "f0_ratio": 1,
            "viscosity_mm2_s": 10,
            "load_n": 500,
            "static_rating_n": 38000,
            "z_ratio": 0.0013,
            "y_ratio": 0.33,
            **ASSUMED,
        }
    ],
    "motor": {"node": "spindle", "efficiency_pct": 90, "idle_loss_w": 300, "idle_speed_rpm": 12000, **ASSUMED},
    "feed_drives": {"X": drive("screw"), "Y": drive("column"), "Z": drive("column")},
    "members": [
        {"node": "spindle", "lever_mm": [0, 0, -250], "expansion_um_m_k": 11.5, **ASSUMED},
        {"node": "column", "lever_mm": [0, -40, 250], "expansion_um_m_k": 11, **ASSUMED},
    ],
}


@pytest.fixture(scope="session")
def small_model():
    workpiece = Workpiece(capacity=2.0 * 960, area=0.08, expansion=23.4e-6)
    return thermal_model(build(ThermalNetwork, SMALL, "thermal"), workpiece)


@pytest.fixture
def small_network():
    """The same as plain data, to be changed at will."""
    return copy.deepcopy(SMALL)
