"""The bench under load: ten minutes at real time, and ten times as fast; what is lost, how late the difference is."""

from functools import partial

import pytest
from linuxcnc_bench import FirstOrder, needs_linuxcnc
from load_run import LAP, Row, laps, measured

from hardware.simulated.plant import simulated_plant
from twin.scenario import load_scenario

pytestmark = pytest.mark.linuxcnc


@pytest.fixture(autouse=True, scope="module")
def installed():
    needs_linuxcnc()


def told(row: Row) -> tuple[str, str]:
    """What was lost, and what was seen."""
    late = [f"{1e3 * row.progress.latency.percentile(percent):.1f}" for percent in (50, 99)]
    lost = f"{row.missing:,} of {row.progress.samples:,} samples of {row.channels} channels"
    rate = f"{row.cycles / row.wall:,.0f} cycles/s here"
    return lost, f"{rate}; the difference is {late[0]} ms old, {late[1]} ms at most in 99 %"


@pytest.mark.timeout(200)
def test_ten_times_real_time(fault_report):
    """60 s of machine time; how much faster than real time is told: that is the computer's, and what else it does."""
    row = measured("10 times", laps(30), partial(FirstOrder, 100.0), 10)
    assert row.channels > 20 and row.missing == 0 == row.progress.lost
    assert row.cycles >= 30 * LAP * 1000 and row.cycles / row.wall > 1000
    fault_report("up to ten times real time, a minute of machine time", "LinuxCNC", *told(row))


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_ten_minutes_at_real_time(fault_report):
    """The simulated machine behind the controller, all its channels."""
    job = load_scenario("scenario=freeform_pocket", "controller=linuxcnc")
    row = measured("real time", laps(round(600 / LAP)), partial(simulated_plant, job, seed=1), 1, job)
    assert row.channels > 20 and row.missing == 0 == row.progress.lost
    assert row.cycles >= 600_000 and row.cycles / row.wall == pytest.approx(1000, rel=0.02)
    fault_report("nothing but load: ten minutes at real time", "LinuxCNC", *told(row))
