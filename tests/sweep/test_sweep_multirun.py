"""One chunk a job: on Hydra's joblib launcher, and on a real SLURM of one node that the test starts on loopback."""

import os
import subprocess
import sys

import pytest
from one_node_slurm import cluster, why_not
from small_sweep import COARSE, make_sweep_desk

from twin.sweep import load_sweep, read_table, run_sweep
from twin.sweep.folder import PARTS

SMALL = """\
n_chunk: 4
design:
  kind: grid
  parameters:
    process.feed_pct: [80, 90, 110, 120]
    environment.ambient_mean_degc: [19, 25]
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return make_sweep_desk(tmp_path_factory.mktemp("sweeps"), small=SMALL)


@pytest.fixture(scope="module")
def expected(desk, tmp_path_factory, jax_as_users_have_it):
    """The table of the same sweep in one process."""
    folder, _ = run_sweep(load_sweep(["sweep=small", *COARSE], desk / "conf"), tmp_path_factory.mktemp("alone"))
    return read_table(folder)


def launched(desk, outputs, *launcher, environment=None):
    words = ["sweep", "-m", "sweep=small", *COARSE, *launcher, "--conf", str(desk / "conf"), "--outputs", str(outputs)]
    done = subprocess.run(
        [sys.executable, "-m", "twin", *words],
        env=environment or {**os.environ},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (folder,) = (outputs / "sweeps").iterdir()
    assert sorted(file.name for file in (folder / PARTS).iterdir()) == ["000000-0000.parquet", "000001-0000.parquet"]
    return folder, done.stdout


@pytest.mark.long
def test_joblib_gives_the_same_table(desk, expected, tmp_path):
    folder, _ = launched(desk, tmp_path, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
    assert read_table(folder).equals(expected)
    _, told = launched(desk, tmp_path, "hydra/launcher=joblib")
    assert "everything is done already" in told


@pytest.mark.long
@pytest.mark.slurm
@pytest.mark.skipif(bool(why_not()), reason=why_not() or "SLURM can be started")
def test_slurm_gives_the_same_table(desk, expected, tmp_path_factory, tmp_path):
    with cluster(tmp_path_factory.mktemp("slurm")) as environment:
        limits = ("hydra.launcher.partition=main", "hydra.launcher.timeout_min=5", "hydra.launcher.mem_gb=2")
        folder, _ = launched(desk, tmp_path, "hydra/launcher=submitit_slurm", *limits, environment=environment)
    assert read_table(folder).equals(expected)
    assert list((folder / "jobs" / ".submitit").iterdir())  # it was SLURM that ran them
