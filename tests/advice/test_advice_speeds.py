"""Speed and depth: from the tool's own stability, within spindle and wear."""

import numpy as np
import pytest

from twin.advice.limits import Advice, Limits
from twin.advice.optimise import optimise
from twin.advice.rewrite import with_speeds
from twin.advice.speeds import speed_words
from twin.program import interpret
from twin.scenario import load_scenario
from twin.units import RPM

pytestmark = [pytest.mark.usefixtures("jax_as_users_have_it"), pytest.mark.long]
LIMITS = Limits(chatter_margin=1.15, power=0.9, torque=0.9, feed_highest=3.0, feed_lowest=0.1, force_of_program=1.0)


@pytest.fixture(scope="module")
def scenario(module_desk, jax_as_users_have_it):
    return load_scenario("scenario=own", "model.removal.resolution_mm=0.5", conf=module_desk / "conf")


@pytest.fixture(scope="module")
def found(scenario):
    return optimise(scenario, Advice(limits=LIMITS), write_speeds=True)


def test_advice_is_within_the_spindle_and_removes_more(scenario, found):
    (mine,) = found.speeds
    assert mine.advised <= scenario.machine.spindle.speed[-1] * (1 + 1e-9)
    assert mine.rate >= 1
    row = int(np.argmin(np.abs(mine.speeds - mine.advised)))
    assert mine.margins[row] == pytest.approx(min(mine.advised_margin, 4.0))


def test_margin_at_the_advised_speed_is_that_of_a_new_run(found):
    """The chooser looks at windows one by one, the run at every segment of the rewritten program."""
    (mine,) = found.speeds
    assert np.abs(found.after.toolpath.spindle).max() == pytest.approx(mine.advised if mine.stable else mine.speed)
    assert found.comparison.use[1].chatter_margin[0] == pytest.approx(min(mine.advised_margin, 4.0), rel=0.05)


def test_written_speed_is_the_only_other_change(scenario, found):
    words = speed_words(found.speeds)
    program = interpret(scenario.program_text, file="part.nc", tools=scenario.tools)
    text, lines = with_speeds(program, scenario.program_text, words)
    assert (lines == [3]) == bool(words)
    changed = [a for a, b in zip(text.splitlines(), scenario.program_text.splitlines(), strict=True) if a != b]
    assert all(line.startswith("S") for line in changed)


def test_power_bounds_the_speed(scenario):
    top = scenario.machine.spindle.power[-1]
    slot = 767.01e6 * 2e-3 * 10e-3 * 0.02 + 27.7e3 * 2e-3 * 1.5 * 8000 * RPM * 5e-3  # W at 8,000 rpm
    tight = Limits(chatter_margin=0.01, power=1.2 * slot / top)
    (mine,) = optimise(scenario, Advice(limits=tight)).speeds
    assert mine.holds == "power"
    assert 1.1 * 8000 <= mine.advised / RPM <= 1.2 * 8000 * (1 + 5e-3)
