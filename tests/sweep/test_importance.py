"""The sensitivity command on a table of Ishigami's function, as a sweep writes it."""

import jax.numpy as jnp
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import qmc

from twin.commands import sensitivity
from twin.errors import InputError
from twin.sweep.derivatives import derivatives
from twin.sweep.importance import columns_of_role, importance
from twin.sweep.parameters import Parameter

NAMES = ["material.cutting.chosen.ktc_n_mm2", "machine.thermal.links[bed-column].conductance_w_k", "tools.1.runout_um"]
N_ROWS = 1 << 10


@pytest.fixture(scope="module")
def table():
    points = qmc.scale(qmc.Sobol(6, seed=3).random(N_ROWS), -np.pi, np.pi)
    a, b = points[:, :3], points[:, 3:]
    x = np.concatenate([a, b, *(np.where(np.arange(3) == i, b, a) for i in range(3))])
    result = np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    fields = [pa.field("block", pa.string())]
    fields += [pa.field(name, pa.float64(), metadata={"role": "parameter"}) for name in NAMES]
    fields += [pa.field(name, pa.float64(), metadata={"role": "result"}) for name in ("deviation_95pct_um", "force_n")]
    blocks = np.repeat(["A", "B", "AB_0", "AB_1", "AB_2"], N_ROWS)
    return pa.Table.from_arrays(
        [pa.array(v) for v in (blocks, *x.T, result, np.ones(len(x)))], schema=pa.schema(fields)
    )


def test_a_saltelli_sweep_gives_totals(table):
    found = importance(table, "deviation_95pct_um")
    np.testing.assert_allclose(found.indices.first, [0.3139, 0.4424, 0.0], atol=0.03)  # published
    np.testing.assert_allclose(found.indices.total, [0.5576, 0.4424, 0.2437], atol=0.03)
    assert found.middle == pytest.approx(3.5, abs=0.03)  # mean: a / 2


def test_parameters_may_be_named_for_any_table(table):
    plain = pa.table({name: table[name] for name in [*NAMES, "deviation_95pct_um"]})
    with pytest.raises(InputError, match="does not say what was varied"):
        importance(plain, "deviation_95pct_um")
    found = importance(plain, "deviation_95pct_um", NAMES[:2])
    np.testing.assert_allclose(found.indices.first, [0.3139, 0.4424], atol=0.03)


def test_an_unfinished_design_and_an_even_result_are_refused(table):
    assert columns_of_role(table, "result") == ["deviation_95pct_um"]  # the other one never varies
    with pytest.raises(InputError, match="not complete"):
        importance(table.slice(0, 3 * N_ROWS), "deviation_95pct_um")
    with pytest.raises(InputError, match="the same in every row"):
        importance(table, "force_n")


def test_the_command_prints_indices_and_draws_a_tornado(table, tmp_path, capsys):
    pq.write_table(table, tmp_path / "sweep.parquet")
    sensitivity.main([str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    first = next(line for line in lines if NAMES[0] in line)
    second = next(line for line in lines if NAMES[1] in line)
    assert lines.index(first) < lines.index(second)  # by total index
    assert (tmp_path / "tornado_deviation_95pct_um.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InputError, match="belong together"):
        sensitivity.main([str(tmp_path), "--where", "force_n>0"])


class Ishigami:
    """What a sweep of it would have left: an evaluator."""

    parameters = tuple(Parameter(name, -np.pi, np.pi) for name in NAMES)
    results = ("force_n", "deviation_95pct_um")
    base = np.zeros(3)

    @staticmethod
    def function(x):
        value = jnp.sin(x[0]) + 7 * jnp.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * jnp.sin(x[0])
        return jnp.stack([jnp.ones(()), value])


def test_derivatives_give_the_published_bounds():
    """E[slope^2] of Ishigami's function: 7.7, 24.5, 11.0; its variance is 13.84, the width 2 pi."""
    (found,) = derivatives(Ishigami, ["deviation_95pct_um"], 1 << 10)
    np.testing.assert_allclose(found.slope**2, [7.7, 24.5, 11.0], rtol=0.03)
    np.testing.assert_allclose(found.bound, 4 * np.array([7.7, 24.5, 11.0]) / 13.84, rtol=0.05)
    assert found.share.sum() == pytest.approx(1.0) and found.order[0] == 1
    with pytest.raises(InputError, match="the same at every point"):
        derivatives(Ishigami, ["force_n"])
    with pytest.raises(InputError, match="no result 'force'"):
        derivatives(Ishigami, ["force"])


def test_the_command_takes_derivatives_of_what_the_sweep_left(table, tmp_path, capsys, monkeypatch):
    pq.write_table(table, tmp_path / "sweep.parquet")
    with pytest.raises(InputError, match="no machined part in the sweep"):
        sensitivity.main([str(tmp_path), "--gradients"])
    monkeypatch.setattr("twin.sweep.prepared.stored", lambda folder: Ishigami)
    sensitivity.main([str(tmp_path), "--gradients"])
    assert "by slopes over 3 % of each range" in capsys.readouterr().out
