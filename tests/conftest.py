"""Shared test set-up: strict JAX, where the recordings are."""

import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the twin sets it where it comes before NumPy

import jax
import pytest
from own_scenario import make_desk

import twin  # noqa: F401  (sets float64)
from twin.compiled import forget_programs

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")

ROOT = Path(__file__).resolve().parents[1]


MOST_MAPPED = 20_000  # of the 65,530 pieces of memory that Linux gives a process


@pytest.fixture(autouse=True, scope="module")
def programs_are_let_go():
    """The whole suite compiles more programs than one process may hold."""
    yield
    mapped = Path("/proc/self/maps")
    if mapped.is_file() and len(mapped.read_text().splitlines()) > MOST_MAPPED:
        forget_programs()


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


@pytest.fixture
def desk(tmp_path):
    """A desk of one test's own."""
    return make_desk(tmp_path)


@pytest.fixture(scope="module")
def module_desk(tmp_path_factory):
    """A desk for a whole module."""
    return make_desk(tmp_path_factory.mktemp("desk"))
