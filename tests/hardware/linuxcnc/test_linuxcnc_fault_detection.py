"""Faults put into the machine behind a real LinuxCNC, recorded and judged as `twin faults` does: minutes each run."""

import io

import pytest
from linuxcnc_bench import needs_linuxcnc
from rich.console import Console

from hardware.faults.bench_study import WORDS, FaultBench
from hardware.faults.job import judge_recordings
from hardware.faults.study import FAULTS

pytestmark = [pytest.mark.linuxcnc, pytest.mark.long, pytest.mark.timeout(3600)]
N_BASELINE, N_HEALTHY, N_FAULTY = 8, 9, 3  # so short a baseline asks for a run or two more than the study's
RATE = 0.005  # false alarms a run: one in 200 that the healthy one alarms


@pytest.fixture(scope="module")
def recordings(tmp_path_factory, jax_as_users_have_it):
    """Nine runs of a healthy machine, and three more with each fault."""
    needs_linuxcnc()
    folder, bench = tmp_path_factory.mktemp("bench"), FaultBench(1)
    healthy = [bench.record(folder / f"healthy_{k}.arrows", k) for k in range(1, N_HEALTHY + 1)]
    faulty = {
        fault: [
            bench.record(folder / f"fault_{1000 * place + k}.arrows", 1000 * place + k, broken(k))
            for k in range(1, N_FAULTY + 1)
        ]
        for place, (fault, (broken, _)) in enumerate(FAULTS.items(), start=1)
    }
    return healthy, faulty


def judged(files):
    return judge_recordings(files, WORDS, Console(file=io.StringIO()), n_baseline=N_BASELINE, rate=RATE)


def test_a_healthy_machine_is_not_accused(recordings):
    healthy, _ = recordings
    assert [name for name, row in judged(healthy).items() if row.chart.alarm is not None] == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_behind_the_controller_is_found_and_named(recordings, fault):
    healthy, faulty = recordings
    alarms = {name: row.chart.alarm for name, row in judged([*healthy, *faulty[fault]]).items() if row.chart.alarm}
    assert set(alarms) & set(FAULTS[fault][1]), alarms
    assert min(alarms.values()) >= N_HEALTHY
