"""The thermal model of a scenario: its machine with the part on the table."""

import numpy as np

from twin.scenario import Scenario
from twin.stock import Cut
from twin.thermal import ThermalModel, Workpiece, thermal_model


def part_on_table(scenario: Scenario, removed: Cut) -> ThermalModel:
    """Thermal model of the scenario's machine, with the part as it is halfway through the program."""
    material = scenario.material
    mass = material.density * (removed.stock_volume - removed.removed_volume / 2)
    dx, dy, dz = np.ptp(scenario.stock.bounds, axis=0)
    part = Workpiece(
        capacity=mass * material.specific_heat, area=2 * (dx * dy + dy * dz + dz * dx), expansion=material.expansion
    )
    return thermal_model(scenario.machine.thermal, part)
