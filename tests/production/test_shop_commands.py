"""The commands of the shop as a user types them."""

import json

import pytest
import yaml
from production_runs import made_run

from twin.__main__ import main
from twin.production.batch.job import with_run
from twin.production.batch.settings import Batch
from twin.production.cost.economics import Economics
from twin.production.line.config import Line
from twin.production.line.inputs import with_runs
from twin.production.shop.job import with_run_times
from twin.production.shop.settings import Shop
from twin.resources import shared_folder
from twin.settings import read_settings


def folder_of(outputs, kind):
    (found,) = outputs.glob(f"*/*_{kind}*")
    return found


def test_a_line_is_simulated_drawn_and_written(tmp_path, capsys):
    words = ["line", "--replications", "4", "--down", "milling:4:10", "--outputs", str(tmp_path)]
    assert main(words) == 0
    folder = folder_of(tmp_path, "cell_line")
    record = json.loads((folder / "line.json").read_text())
    assert len(record["what_if"]) == 1
    mean, lower, upper = record["as_it_is"]["figures"]["cost_eur"]["mean"]
    assert lower < mean < upper
    assert {"line.png", "what_if_1.png"} < {file.name for file in folder.iterdir()}
    assert "95 % of the mean" in capsys.readouterr().out


def test_a_schedule_is_made_from_job_orders_and_a_bad_one_is_refused(tmp_path, capsys):
    orders = tmp_path / "orders.json"
    made = {"MaterialUse": "Produced", "Quantity": {"QuantityString": "2"}}
    order = {"ID": "WO-1", "WorkMasterID": "bracket", "MaterialRequirement": [made]}
    orders.write_text(json.dumps({"JobList": {"JobOrder": [order]}}))
    out = tmp_path / "out"
    assert main(["schedule", "n_workers=1", "--orders", str(orders), "--outputs", str(out)]) == 0
    folder = folder_of(out, "cell_schedule")
    assert json.loads((folder / "job_responses.json").read_text())["JobResponseList"]["JobResponse"][0]["ID"]
    assert (folder / "schedule.png").stat().st_size > 10_000
    capsys.readouterr()
    assert main(["schedule", "n_workers=1", "jobs.panel A.deadline_h=3", "--outputs", str(out)]) == 2
    assert "panel A by 3.00 h" in capsys.readouterr().err
    assert len(list(out.glob("*/*"))) == 1  # nothing is left behind


def test_a_batch_is_planned_and_released(tmp_path, capsys):
    assert main(["batch", "n_parts=30", "--runs", "2", "--outputs", str(tmp_path)]) == 0
    folder = folder_of(tmp_path, "titanium_bracket_batch")
    assert len(json.loads((folder / "plan.json").read_text())["parts"]) == 30
    words = ["batch", "release", str(folder), "--by", "A. Miller", "--why", "first", "--outputs", str(tmp_path)]
    assert main(words) == 0
    assert "released by A. Miller" in capsys.readouterr().out
    assert main(words) == 2


def test_a_run_is_quoted_and_gives_a_line_its_times(tmp_path, capsys):
    run = made_run(tmp_path / "2026-01-01" / "100000_made")
    assert main(["quote", str(run), "--quantity", "20", "--lot", "5", "--outputs", str(tmp_path)]) == 0
    record = json.loads((folder_of(tmp_path, "made_quote") / "quote.json").read_text())
    assert set(record["per_good_part"]) > {"set-up", "1 T1 one", "2 T2 two", "material", "scrap", "total"}
    assert record["risk"]["first_part_out_of_tolerance_ratio"][1] > 0.1
    economics = read_settings(Economics, "economics", "standard")
    changes = ["parts.panel.steps.mill.time_min=0", f"parts.panel.steps.mill.run={run}"]
    line = with_runs(read_settings(Line, "line", "cell", changes), economics, tmp_path)
    step = line.parts["panel"].steps["mill"]
    assert step.time.value == pytest.approx(17.0 + economics.times.loading.time.value)
    assert set(step.tools) == {"T1", "T2"}
    assert main(["quote", str(run), "economics.rates.machine.rate_eur_h=-", "--outputs", str(tmp_path)]) == 2
    assert "rate_eur_h" in capsys.readouterr().err


def test_a_run_gives_a_schedule_its_times_and_a_batch_the_life_of_its_tool(tmp_path):
    run = made_run(tmp_path / "2026-01-01" / "100000_made")
    economics = read_settings(Economics, "economics", "standard")
    key = "jobs.panel A.operations.finish"
    shop = with_run_times(
        read_settings(Shop, "shop", "cell", [f"{key}.time_min=0", f"{key}.run={run}"]), economics, tmp_path
    )
    timed = shop.jobs["panel A"].operations["finish"].time
    assert timed.value == pytest.approx(17.0 * 1.01 + 180)
    assert timed.deviation == pytest.approx(17.0 * 0.03)
    config = yaml.safe_load((run / "config.yaml").read_text())
    wear = yaml.safe_load((shared_folder("conf") / "wear" / "ti_6al_4v.yaml").read_text())
    (run / "config.yaml").write_text(yaml.safe_dump({**config, "wear": wear}))
    batch = read_settings(Batch, "batch", "titanium_bracket", ["part_time_min=0", f"run={run}"])
    batch = with_run(batch, tmp_path)
    assert batch.part_time == pytest.approx(17.0 * 1.01 + 180)
    assert batch.tool.n_life == pytest.approx(1 / 0.08)  # a part uses 8 % of T1
    assert batch.tool.tool_scatter == pytest.approx(0.7)  # of the law's row


def test_a_run_without_a_law_of_wear_cannot_be_planned_as_a_batch(tmp_path, capsys):
    run = made_run(tmp_path / "2026-01-01" / "100000_made")
    assert main(["batch", f"run={run}", "--runs", "0", "--outputs", str(tmp_path)]) == 2
    assert "no law of tool wear" in capsys.readouterr().err
