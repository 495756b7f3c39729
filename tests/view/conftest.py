"""A small finished run, and made-up ones beside it, for the tests that look at runs."""

import shutil
from pathlib import Path

import jax
import numpy as np
import pytest
import pyvista as pv
from own_scenario import make_desk

from twin.job import run_scenario


@pytest.fixture(scope="session")
def small_run(tmp_path_factory) -> Path:
    """The run of a slot, 10 mm wide and 2 mm deep, along X through the middle of a block of 60 x 40 x 20 mm."""
    desk = make_desk(tmp_path_factory.mktemp("view"))
    program = desk / "scenarios" / "own" / "part.nc"
    program.write_text(program.read_text().replace("M30", "G4 P100\nM30"))  # long enough to be stopped while it plays
    jax.config.update("jax_numpy_rank_promotion", "allow")  # as the command has it
    jax.config.update("jax_numpy_dtype_promotion", "standard")
    run = run_scenario(
        ["scenario=own", "model.mesh_spacing_mm=0.5"], outputs=desk / "out", conf=desk / "conf", picture=False
    )
    jax.config.update("jax_numpy_rank_promotion", "raise")
    jax.config.update("jax_numpy_dtype_promotion", "strict")
    return run


@pytest.fixture(scope="session")
def two_coloured(small_run) -> Path:
    """The same run, its slot said to deviate by +25 um where X < 30 mm and by -50 um elsewhere."""
    folder = small_run.with_name("two_coloured")
    shutil.copytree(small_run, folder)
    part = pv.read(folder / "part.vtp")
    made_up = np.where(part.points[:, 0] < 30, 25.0, -50.0)
    part.point_data["deviation_um"] = np.where(np.isnan(part.point_data["deviation_um"]), np.nan, made_up)
    part.save(folder / "part.vtp")
    return folder
