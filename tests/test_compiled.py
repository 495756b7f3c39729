"""Programs that outlive the process."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from twin import compiled
from twin.compiled import first_rows, kept, padded_rows

CHILD = """
import jax, numpy as np
from twin.thermal.state_space import StateSpace, discretise
from twin.compiled import kept
count = [0]
def growth(space, step):
    count[0] += 1
    return discretise(space, step)
growth.__module__ = "child"
space = StateSpace(np.array([1.0, 2.0]), np.array([[3.0, -1.0], [-1.0, 1.0]]), np.eye(2))
a = kept(growth)(space, 0.1)
print(count[0], [np.asarray(leaf).sum().item() for leaf in jax.tree.leaves(a)])
"""


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(compiled.twin, "CACHE", tmp_path)
    compiled._folder.cache_clear()
    yield tmp_path
    compiled._folder.cache_clear()


def test_a_second_process_neither_traces_nor_compiles(tmp_path):
    """Linear algebra included: it needs LAPACK, which a process that lowers nothing has not looked up."""
    environment = os.environ | {"TWIN_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", CHILD]
    first, second = (
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout for _ in range(2)
    )
    assert first.startswith("1 ") and second.startswith("0 ")
    assert first[1:] == second[1:]


def test_unused_arguments_of_other_shapes_have_programs_of_their_own(own_cache):
    def first(x, unused):
        return 2 * x

    function = kept(first)
    for length in (3, 5):
        assert function(np.ones(2), np.ones(length)) == pytest.approx(2 * np.ones(2))


def test_equals_jit_under_transformations(own_cache):
    def wave(x, y):
        return jnp.sin(x) * y

    function = kept(wave)
    x, y = np.linspace(0.0, 1.0, 5), np.full(5, 2.0)
    assert function(x, y) == pytest.approx(np.sin(x) * 2, rel=1e-15)
    slope = jax.grad(lambda x: function(x, jnp.asarray(y)).sum())(jnp.asarray(x))
    assert slope == pytest.approx(2 * np.cos(x), rel=1e-15)


def test_static_arguments_tell_programs_apart(own_cache):
    def power(exponent, x):
        return x**exponent

    function = kept(power, static_argnums=(0,))
    assert function(2, np.array(3.0)) == 9.0
    assert function(3, np.array(3.0)) == 27.0


def test_a_damaged_file_is_made_again(own_cache):
    def double(x):
        return 2 * x

    assert kept(double)(np.array(4.0)) == 8.0
    (file,) = Path(own_cache).rglob("*.program")
    file.write_bytes(b"no program")
    assert kept(double)(np.array(5.0)) == 10.0
    assert file.read_bytes() != b"no program"


def test_changed_code_gives_another_program(own_cache, monkeypatch):
    def line(x):
        return x + 1

    assert kept(line)(np.array(1.0)) == 2.0
    monkeypatch.setattr(compiled, "source_digest", lambda: "edited")

    def line(x):  # same name and shapes
        return x + 2

    assert kept(line)(np.array(1.0)) == 3.0


def test_rows():
    values = np.arange(10.0).reshape(5, 2)
    assert padded_rows(values).shape == (8, 2)
    assert np.all(padded_rows(values)[5:] == 0)
    assert np.all(padded_rows(values, mode="edge")[5:] == values[-1])
    assert np.all(first_rows(padded_rows(values, 16), 5) == values)


def test_blocks_cover_every_row_once():
    """Whatever the number of rows, each comes back in its place."""
    for n in (1, 7, 8, 19):
        rows = {"a": np.arange(n), "b": np.arange(2.0 * n).reshape(n, 2)}
        out = compiled.in_blocks(lambda some: {"sum": some["a"] + some["b"].sum(axis=1)}, rows, n_rows=8)
        np.testing.assert_array_equal(out["sum"], rows["a"] + rows["b"].sum(axis=1))
