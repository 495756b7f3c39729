"""Shared test set-up: strict JAX, where the recordings are."""

import os
from pathlib import Path

import jax
import pytest

import twin  # noqa: F401  (sets float64)

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of the outside recordings; skips (fails under CI) where they are missing."""
    folder = Path(os.environ.get("TWIN_DATA_DIR", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        message = f"outside recordings not found in {folder}; set TWIN_DATA_DIR"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return folder


@pytest.fixture(scope="module")
def jax_as_users_have_it():
    """JAX without the strictness of the unit tests, for modules that run the whole chain as the command does."""
    jax.config.update("jax_numpy_rank_promotion", "allow")
    jax.config.update("jax_numpy_dtype_promotion", "standard")
    yield
    jax.config.update("jax_numpy_rank_promotion", "raise")
    jax.config.update("jax_numpy_dtype_promotion", "strict")


OWN_SCENARIO = """\
# @package _global_
defaults:
  - /tool@tools.1: flat_d10_3fl
  - _self_
  - override /machine: vmc_3axis
  - override /controller: generic_jerk_limited
  - override /material: aa7075_t6
  - override /environment: shop_20
scenario:
  name: own
  title: A slot of our own
  program: part.nc
  work_offsets: {G54: {x_mm: 0, y_mm: 0, z_mm: 0}}
  machine_position_mm: [300, 200, 120]
  stock: {kind: box, lower_mm: [0, 0, -20], upper_mm: [60, 40, 0]}
model:
  removal: {resolution_mm: 0.25}
tools:
  "1": {runout_um: 0}               # so that forces have a closed form
"""
GOOD_PROGRAM = """\
G21 G90 G17 G94 G54
T1 M6
S8000 M3
G0 X-10 Y20
G0 Z-2
G1 X70 F1200
G0 Z50
M30
"""


def make_desk(folder: Path) -> Path:
    """A folder of our own groups and scenarios, outside the checkout."""
    (folder / "conf" / "scenario").mkdir(parents=True)
    (folder / "scenarios" / "own").mkdir(parents=True)
    (folder / "conf" / "scenario" / "own.yaml").write_text(OWN_SCENARIO)
    (folder / "scenarios" / "own" / "part.nc").write_text(GOOD_PROGRAM)
    return folder


@pytest.fixture
def desk(tmp_path):
    """A desk of one test's own."""
    return make_desk(tmp_path)


@pytest.fixture(scope="module")
def module_desk(tmp_path_factory):
    """A desk for a whole module."""
    return make_desk(tmp_path_factory.mktemp("desk"))
