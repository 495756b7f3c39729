"""The machine that stands behind the controller: the twin's own, with other values of its uncertain parameters."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from hardware.priors import priors
from twin.calibration.file import uncalibrated
from twin.calibration.parameters import drawn, medians
from twin.config import build
from twin.cutting.material import Material
from twin.machine.machine import Machine
from twin.motion.controller import Controller
from twin.named import with_values
from twin.scenario import Scenario

NOTE = """\
# The hidden parameters of a simulated machine. A calibration must not read this file; what judges it may.
"""


def with_parameters(scenario: Scenario, values: Mapping[str, float | str]) -> Scenario:
    """``scenario`` with other values of the named parameters of machine, controller and material.

    Raises:
        InputError: a name that the configuration lacks, a value that it does not take.
    """
    return _of_config(scenario, with_values(scenario.config, values))


def hidden_scenario(scenario: Scenario, seed: int) -> tuple[Scenario, dict[str, float]]:
    """The machine that is simulated, and its parameters; what a calibration has told the twin does not change it."""
    plain = _of_config(scenario, uncalibrated(scenario.config))
    hidden = hidden_parameters(plain, seed)
    return with_parameters(plain, hidden), hidden


def hidden_parameters(scenario: Scenario, seed: int) -> dict[str, float]:
    """Name -> value of a set drawn from the priors; seed 0: their medians, nothing is hidden."""
    parameters = priors(scenario.config)
    return drawn(parameters, seed) if seed else medians(parameters)


def _of_config(scenario: Scenario, config: dict[str, Any]) -> Scenario:
    return dataclasses.replace(
        scenario,
        machine=build(Machine, config["machine"], "machine"),
        controller=build(Controller, config["controller"], "controller"),
        material=build(Material, config["material"], "material"),
        config=config,
    )


def write_truth(file: Path, seed: int, values: dict[str, float]) -> None:
    """Write the hidden set, names as in the configuration."""
    rows = yaml.safe_dump({"seed": seed, "parameters": values}, sort_keys=False)
    temporary = file.with_name(f".{file.name}.partial")
    temporary.write_text(NOTE + rows)
    temporary.replace(file)
