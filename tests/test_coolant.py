"""The coolant switch of the operator's panel, and the options that turn it."""

import numpy as np
import pytest

from twin.compose import compose
from twin.config import build
from twin.override import ProcessConfig, driven
from twin.program import interpret, linearise
from twin.thermal.environment import Environment

PROGRAM = """G21 G90 G54
T1 M6
G0 X0 Y0 Z5
S8000 M3 M8
G1 Z-1 F100
M9
G1 X10
M5
G0 Z5
M30
"""


@pytest.fixture(scope="module")
def run(tools):
    program = interpret(PROGRAM, file="part.nc", tools=tools)
    return program, linearise(program, chord_tolerance=1e-6)


@pytest.fixture(scope="module")
def tools():
    from twin.machine.tool import Tool

    return {1: build(Tool, {"number": 1, **compose()["tools"]["1"]})}


@pytest.mark.parametrize(
    ("option", "expected"),
    [("programmed", [0, 1, 0, 0]), ("dry", [0, 0, 0, 0]), ("flood", [0, 1, 1, 0]), ("through_tool", [0, 1, 1, 0])],
)
def test_moves_with_coolant(run, option, expected):
    """Approach, plunge with M8, cut after M9, retract with the spindle off."""
    config = compose([f"coolant={option}"])
    program, path = driven(build(ProcessConfig, config["process"]), *run)
    ends = [path.end[i] for i in range(path.n_segments)]
    assert len(ends) == 4
    np.testing.assert_array_equal((path.coolant & 2) > 0, np.array(expected, bool))
    np.testing.assert_array_equal(path.coolant, program.coolant[path.move])
    rise = 70e5 / (1000 * 4180) if option == "through_tool" else 0.0  # what a pump of 70 bar puts into water
    assert build(Environment, config["environment"]).coolant_rise == pytest.approx(rise, rel=0.02)
