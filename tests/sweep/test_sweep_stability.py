"""Chatter in batches against that of whole runs, of a slot that is cut near its limit."""

import numpy as np
import pytest
from small_sweep import COARSE, make_sweep_desk

from twin.compose import compose
from twin.scenario import scenario_of
from twin.simulate import machine
from twin.sweep import Parameter, evaluator_of
from twin.sweep.parameters import changed
from twin.sweep.results import CHATTER

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("jax_as_users_have_it")]
SLOT = [word for word in COARSE if not word.startswith("model.wall_error")]
PARAMETERS = (
    Parameter("process.speed_pct", 85, 115),
    Parameter("material.cutting.chosen.ktc_n_mm2", 500, 1100),
    Parameter("tools.1.stick_out_mm", 32, 44),
)


@pytest.mark.timeout(1800)
def test_margins_follow_speed_coefficients_and_stick_out(tmp_path):
    desk = make_sweep_desk(tmp_path)
    program = desk / "scenarios" / "own" / "part.nc"
    program.write_text(program.read_text().replace("G0 Z-2", "G0 Z-0.6"))
    evaluator = evaluator_of(SLOT, PARAMETERS, conf=desk / "conf")
    names = list(evaluator.results)
    least, volume, _ = (names.index(name) for name in CHATTER)
    rng = np.random.default_rng(1)
    low, high = np.array([(p.low, p.high) for p in PARAMETERS]).T
    rows = np.concatenate([evaluator.base[None], low + rng.random((12, 3)) * (high - low)])
    found = evaluator(rows)
    exact = []
    for row in rows:
        values = dict(zip([p.key for p in PARAMETERS], row.tolist(), strict=True))
        scenario = scenario_of(changed(compose(SLOT, conf=desk / "conf"), values), conf=desk / "conf")
        made = machine(scenario, lambda stage: None)
        margin, removed = made.process.chatter.margin, np.asarray(made.cut.engagement.volume)
        known = np.isfinite(margin) & (removed > 0)
        exact.append((margin[known].min(), 100 * removed[known & (margin < 1)].sum() / removed.sum()))
    exact = np.array(exact)
    error = np.log(found[:, least] / exact[:, 0])
    print(np.column_stack([rows, found[:, [least, volume]], exact]).round(3), error.round(3))
    assert abs(error[0]) < 1e-6 and np.median(np.abs(error)) < 0.07
    assert error.max() < 0.1  # a margin is hardly ever too large, so that nothing is called stable that chatters
    assert error.min() > -0.35  # straight lines cut off the peaks of the lobes
    assert not ((found[:, least] > 1) & (exact[:, 0] < 1)).any()
