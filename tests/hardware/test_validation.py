"""Recordings of a machine made up: what was put into them must come out of the validation."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from made_run import CHANNELS, MOVES, PERIOD, make_run, measured, pieces, record

from hardware.channel import Block, Channel, Quality
from hardware.validation import report, validate
from hardware.validation.picture import on_part
from twin.errors import InputError


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("made") / "run")


def test_a_machine_as_predicted(run, tmp_path):
    found = validate(record(tmp_path / "a.arrows", *pieces(measured())), run)
    for name in ("x_commanded_mm", "y_commanded_mm", "z_commanded_mm"):
        assert found.channel(name).fidelity.rmse < 1e-3
    assert found.channel("force_x_n").fidelity.rmse < 0.1 * 100  # one sample at each jump of the force
    assert found.seen == pytest.approx(1.0, abs=1e-3) and abs(found.duration_error) < 1e-3
    assert found.sampling.rate == pytest.approx(1000) and found.sampling.lost == 0


def test_a_slow_line_counts_in_time_and_not_in_force(run, tmp_path):
    """Line 6 takes 1.3 times 4 s: 1.2 s late; compared at the same time, the force is wrong for that long."""
    found = validate(record(tmp_path / "a.arrows", *pieces(measured(slower=1.3, begin=3.0))), run)
    spans = found.spans
    slow = spans.line == 6
    assert spans.measured[slow].sum() == pytest.approx(5.2, abs=2 * PERIOD)
    assert spans.measured[~slow] == pytest.approx(spans.predicted[~slow], abs=2 * PERIOD)
    assert found.began == pytest.approx(3.0, abs=2 * PERIOD)
    assert found.operations[0].measured - found.operations[0].predicted == pytest.approx(1.2, abs=4 * PERIOD)
    force = found.channel("force_x_n")
    assert force.fidelity.rmse < 10
    # 60 for 100 over 0.5 s, -100 for 60 over 0.5 s, then for 100 the rest of 1.2 s, and 0 for -100 at the end
    total = sum(row[2] for row in MOVES) + 1.2
    apart = 0.5 * 40**2 + 0.2 * 200**2 + 0.5 * 200**2 + 0.5 * 160**2 + 0.2 * 0
    assert force.rmse_same_time > 0.7 * np.sqrt(apart / total)


def test_bias_coverage_and_en_of_a_force(run, tmp_path):
    """15 N off where the twin states 10 N: |En| = 15 / 20 on lines 6 and 8, 15 / 12 on line 7; no interval in air."""
    found = validate(record(tmp_path / "a.arrows", *pieces(measured(force_x_n=15.0))), run)
    row = found.channel("force_x_n")
    assert row.stated and row.fidelity.bias == pytest.approx(-15, abs=0.1)
    cut = 8.0 / sum(r[2] for r in MOVES)
    assert row.fidelity.coverage == pytest.approx(cut, abs=0.002)
    by_line = dict(zip(row.by_line.line.tolist(), row.by_line.bias, strict=True))
    assert by_line[6] == pytest.approx(-15, abs=0.2) and by_line[8] == pytest.approx(-15, abs=0.2)


def test_where_it_differs_most(run, tmp_path):
    block = measured()
    on_line = block.values["line"] == 8
    block.values["spindle_power_w"][on_line] += 300.0
    found = validate(record(tmp_path / "a.arrows", *pieces(block)), run)
    worst = next(w for w in found.worst if w.channel == "spindle_power_w")
    assert worst.line == 8 and worst.source == "G1 X-10"
    assert worst.position == pytest.approx((30, 30, -2)) and worst.difference == pytest.approx(300, rel=0.01)
    segment = found.channel("spindle_power_w").by_segment.rmse
    assert int(np.nanargmax(segment)) == [row[0] for row in MOVES].index(8)


@pytest.mark.parametrize(
    ("key", "what"), [("program_hash", "program"), ("offsets_hash", "work offsets"), ("tools_hash", "tool table")]
)
def test_another_program_offset_or_tool_is_refused(run, tmp_path, key, what):
    file = record(tmp_path / "a.arrows", *pieces(measured()), **{key: "ab" * 32})
    with pytest.raises(InputError, match=f"the {what} of the recording is not that of the run: sha256 (ab){{32}} rec"):
        validate(file, run)


def test_a_hash_that_is_not_recorded_is_told(run, tmp_path):
    found = validate(record(tmp_path / "a.arrows", *pieces(measured()), program_hash=""), run)
    assert "the recording does not say which program ran: not checked" in found.notes
    assert len(found.checked) == 2


def test_order_repetition_and_bad_samples_change_nothing(run, tmp_path):
    """Blocks late, twice and swapped; samples that are no numbers; a block that is BAD."""
    clean = measured(force_x_n=5.0)
    parts = pieces(clean)
    dirty = pieces(clean)
    dirty[3], dirty[4] = dirty[4], dirty[3]
    dirty.insert(8, dirty[6])
    nan = dirty[10].values["force_x_n"].copy()
    nan[7:50] = np.nan
    dirty[10] = Block(dirty[10].first, dirty[10].time, {**dirty[10].values, "force_x_n": nan}, dirty[10].quality)
    bad = np.full(500, Quality.BAD, np.uint8)
    wrong = {**dirty[12].values, "force_x_n": dirty[12].values["force_x_n"] + 1e6}
    dirty[12] = Block(dirty[12].first, dirty[12].time, wrong, bad)
    one = validate(record(tmp_path / "a.arrows", *parts), run)
    two = validate(record(tmp_path / "b.arrows", *dirty), run)
    a, b = one.channel("force_x_n"), two.channel("force_x_n")
    assert b.fidelity.samples == a.fidelity.samples - 43 - 500 and b.missing == 543
    assert b.fidelity.bias == pytest.approx(-5, abs=0.1) and b.fidelity.rmse == pytest.approx(a.fidelity.rmse, rel=0.05)
    assert "500 samples were recorded twice; the first of each counts" in two.notes
    assert any("came late" in note for note in two.notes)
    np.testing.assert_allclose(two.spans.measured, one.spans.measured)


def test_a_gap_is_counted(run, tmp_path):
    parts = pieces(measured())
    del parts[7]
    found = validate(record(tmp_path / "a.arrows", *parts), run)
    assert found.sampling.lost == 500
    assert not next(v for v in found.verdicts if v.what == "samples missing").passed


def test_the_channel_map_turns_names_units_and_signs(run, tmp_path):
    block = measured()
    power = Channel(name="Spindle Power", unit="kW")
    values = {**block.values, "Spindle Power": -block.values["spindle_power_w"] / 1e3}
    del values["spindle_power_w"]
    channels = (*CHANNELS[:-1], power)
    file = record(tmp_path / "a.arrows", Block(0, block.time, values, block.quality), channels=channels)
    chart = tmp_path / "map.yaml"
    row = "{recorded: Spindle Power, unit: %s, sign: -1, serial_number: P-1, uncertainty: 5}"
    chart.write_text("channels:\n  spindle_power_w: " + row % "kw")
    found = validate(file, run, channel_map=chart).channel("spindle_power_w")
    assert abs(found.fidelity.bias) < 0.5 and found.mapped.sensor.serial_number == "P-1"
    chart.write_text("channels:\n  spindle_power_w: " + row % "mm")
    with pytest.raises(InputError, match="'Spindle Power' is recorded in m, 'spindle_power_w' is predicted in W"):
        validate(file, run, channel_map=chart)
    chart.write_text("channels:\n  spindle_power_w: {recorded: Nothing}")
    with pytest.raises(InputError, match="the recording has no channel 'Nothing'"):
        validate(file, run, channel_map=chart)


def test_declared_limits_decide(run, tmp_path):
    file = record(tmp_path / "a.arrows", *pieces(measured(force_x_n=15.0)))
    limits = tmp_path / "limits.yaml"
    limits.write_text("rmse: {force_x_n: 30, '*_commanded_mm': 0.02}\nseen_ratio: 0.9")
    found = validate(file, run, limits=limits)
    assert found.passed is True and len(found.verdicts) == 5
    limits.write_text("rmse: {force_x_n: 12}")
    assert validate(file, run, limits=limits).passed is False
    limits.write_text("rsme: {force_x_n: 12}")
    with pytest.raises(InputError, match=r"unknown key validation.rsme"):
        validate(file, run, limits=limits)


def test_what_cannot_be_validated(run, tmp_path):
    block = measured()
    with pytest.raises(InputError, match="there is no such recording"):
        validate(tmp_path / "none.arrows", run)
    lines = np.where(block.values["line"] > 0, 77.0, 0.0)
    file = record(tmp_path / "a.arrows", Block(0, block.time, {**block.values, "line": lines}, block.quality))
    with pytest.raises(InputError, match="no NC line of the recording is a line of the program"):
        validate(file, run)


def test_a_channel_that_is_recorded_late_is_compared_with_when_it_was(run, tmp_path):
    """Scales that a controller records 5 cycles late: said so, they are where the twin says; else 0.1 mm behind."""
    block = measured()
    late = np.concatenate([np.full(5, block.values["x_commanded_mm"][0]), block.values["x_commanded_mm"][:-5]])
    block = Block(0, block.time, {**block.values, "x_actual_mm": late}, block.quality)
    found = []
    for seconds in (None, 5e-3):
        channels = (*CHANNELS, Channel(name="x_actual_mm", unit="mm", late_s=seconds))
        file = record(tmp_path / f"{seconds}.arrows", *pieces(block), channels=channels)
        found.append(validate(file, run))
    plain, told = (v.channel("x_actual_mm").fidelity for v in found)
    assert told.rmse < 1e-3 and told.samples == plain.samples
    assert plain.rmse > 20.0 * 5e-3 * 0.9  # 20 mm/s for 8 of 9.8 s, rapids faster
    assert abs(told.shift) < 1e-3 < abs(plain.shift)
    assert any("x_actual_mm by 5 ms" in note for note in found[1].notes)


def test_a_machine_that_was_running_already(run, tmp_path):
    """The recording begins and ends within a line: nothing differs, and what was not seen is said."""
    block = measured()
    rows = slice(3000, 6000)
    part = Block(3000, block.time[rows], {n: v[rows] for n, v in block.values.items()}, block.quality[rows])
    found = validate(record(tmp_path / "a.arrows", *pieces(part)), run)
    assert found.channel("x_commanded_mm").fidelity.rmse < 1e-3 and abs(found.duration_error) < 1e-3
    assert found.seen == pytest.approx(3.0 / 9.8, abs=1e-3)
    said = " ".join(found.notes)
    assert "begins within line 6, 3.00 s into" in said and "ends within line 8, 6.00 s into" in said
    whole = validate(record(tmp_path / "b.arrows", *pieces(block)), run)
    assert not any("within line" in note for note in whole.notes)


def test_the_report_says_what_was_in_the_loop(run, tmp_path):
    """Metal only where somebody says so: what comes over a net may be anything."""
    loop = record(tmp_path / "a.arrows", *pieces(measured()), source="linuxcnc XYZ", note="controller in the loop: ...")
    air = record(tmp_path / "b.arrows", *pieces(measured()), cut="nothing")
    metal = record(tmp_path / "c.arrows", *pieces(measured()), cut="metal")
    net = record(tmp_path / "d.arrows", *pieces(measured()), source="opcua opc.tcp://mill:4840/")
    limits = tmp_path / "limits.yaml"
    limits.write_text("{cut: metal, seen_ratio: 0.9}")
    for file, options, known, words in (
        (loop, {}, False, "controller in the loop: no metal was cut"),
        (loop, {"limits": limits}, False, "controller in the loop: no metal was cut"),
        (air, {}, False, "no metal was cut, as the recording states"),
        (metal, {}, True, "real metal, as the recording states"),
        (net, {}, None, "whether metal was cut is not stated; recorded from opcua opc.tcp://mill:4840/"),
        (net, {"cut": "metal"}, True, "real metal, as the operator states"),
        (net, {"cut": "nothing", "limits": limits}, False, "no metal was cut, as the operator states"),
        (net, {"limits": limits}, True, "real metal, as limits.yaml states"),
    ):
        page = report(validate(file, run, **options), tmp_path, picture=False).read_text()
        assert words in page and ("real metal" in page) is (known is True)
        data = json.loads((tmp_path / "validation.json").read_text())
        assert data["metal"] is known
    for file in (loop, air):
        with pytest.raises(InputError, match="no metal was cut, --cut metal the contrary"):
            validate(file, run, cut="metal")
    assert {c["channel"] for c in data["channels"]} >= {"force_x_n", "x_commanded_mm"}
    lines = (tmp_path / "validation_lines.csv").read_text().splitlines()
    assert lines[0].startswith("line,predicted_s,measured_s") and lines[3].startswith("6,4,4")


def test_in_a_run_folder_the_report_of_the_run_stays(tmp_path):
    run = make_run(tmp_path / "run")
    (run / "report.html").write_text("<!doctype html><html><body><h1>The run</h1></body></html>")
    file = record(tmp_path / "a.arrows", *pieces(measured()))
    for _ in range(2):
        page = report(validate(file, run), run, picture=False).read_text()
        assert page.count("<h1>The run</h1>") == 1 and page.count("<h1>Validation") == 1


def test_vertices_get_the_value_of_the_segment_that_made_them():
    time, value = np.array([1.0, 2.5, 4.0]), np.array([10.0, np.nan, 30.0])
    vertex = np.array([4.0, 1.0, np.nan, 2.5], np.float32)
    np.testing.assert_array_equal(on_part(time, value, vertex), [30.0, 10.0, np.nan, np.nan])


def test_the_command(run, tmp_path, capsys):
    from twin.commands.validate import main

    file = record(tmp_path / "a.arrows", *pieces(measured(force_x_n=200.0)))
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as ended:
        main([str(file), "--run", str(run), "--output", str(out), "--no-picture"])
    assert ended.value.code == 1 and (out / "report.html").is_file()
    path = pq.read_table(out / "recorded_path.parquet")
    apart = path["predicted.force_x_n"].to_numpy() - path["measured.force_x_n"].to_numpy()
    assert len(apart) == len(MOVES) and np.isfinite(apart).all()
    np.testing.assert_allclose(apart, -200.0, atol=1.0)  # one sample at each jump of the force
    said = capsys.readouterr().out
    assert "FAIL force_x_n: RMSE: 200" in said and Path(out / "validation.json").is_file()


def test_a_clock_that_jumps_changes_nothing(run, tmp_path):
    """Half an hour forward at one third, back at two thirds: sample numbers hold."""
    clean, block = measured(slower=1.1), measured(slower=1.1)
    third = len(block) // 3
    block.time[third : 2 * third] += 1800.0
    one = validate(record(tmp_path / "a.arrows", *pieces(clean)), run)
    two = validate(record(tmp_path / "b.arrows", *pieces(block)), run)
    assert any("jumps, by +1800.000 s at most" in note for note in two.notes)
    np.testing.assert_allclose(two.spans.measured, one.spans.measured, atol=1e-9)
    assert two.channel("force_x_n").fidelity.rmse == pytest.approx(one.channel("force_x_n").fidelity.rmse)


def test_a_source_that_was_started_again(run, tmp_path):
    """Killed after 4 s, up again 1.5 s later with numbers and a clock of its own: 1.5 s are missing, no more."""
    block = measured()
    cut, gap = 4000, 1500
    first = pieces(Block(0, block.time[:cut], {n: v[:cut] for n, v in block.values.items()}, block.quality[:cut]))
    rest = slice(cut + gap, None)
    values = {n: v[rest] for n, v in block.values.items()}
    second = pieces(Block(0, block.time[rest] - block.time[cut + gap], values, block.quality[rest]))
    files = [
        record(tmp_path / "a.arrows", *first),
        record(tmp_path / "b.arrows", *second, started="2026-01-01T00:00:05.500Z"),
    ]
    whole = validate(record(tmp_path / "c.arrows", *pieces(block)), run)
    found = validate(files, run)
    assert found.sampling.lost == gap
    assert found.channel("force_x_n").fidelity.samples == whole.channel("force_x_n").fidelity.samples - gap
    assert found.spans.line.tolist() == [4, 5, 6, 8, 9]  # line 7 ran while nobody listened
    assert found.spans.measured.sum() == pytest.approx(whole.spans.measured.sum(), abs=2 * PERIOD)
    with pytest.raises(InputError, match="this recording was not the later one"):
        validate(files[::-1], run)
    other = record(tmp_path / "d.arrows", *second, program_hash="cd" * 32)
    with pytest.raises(InputError, match=r"does not go on from a.arrows: another program"):
        validate([files[0], other], run)


def test_a_unit_that_is_not_that_of_the_name_is_refused(run, tmp_path):
    channels = (Channel(name="x_commanded_mm", unit="in"), *CHANNELS[1:])
    file = record(tmp_path / "a.arrows", *pieces(measured()), channels=channels)
    with pytest.raises(InputError, match="channel x_commanded_mm says that its unit is in"):
        validate(file, run)


def test_a_run_that_kept_no_program_is_refused(tmp_path):
    run = make_run(tmp_path / "run")
    (run / "program.nc").unlink()
    with pytest.raises(InputError, match=r"the run has not kept its NC program.*run it again"):
        validate(record(tmp_path / "a.arrows", *pieces(measured())), run)


def test_latency_is_as_given_or_as_recorded(run, tmp_path):
    block = measured()
    values = {**block.values, "latency_ms": np.linspace(1, 21, len(block))}
    channels = (*CHANNELS, Channel(name="latency_ms", unit="ms"))
    file = record(tmp_path / "a.arrows", Block(0, block.time, values, block.quality), channels=channels)
    found = validate(file, run)
    assert found.sampling.latency == pytest.approx((11e-3, 20.8e-3, 21e-3), rel=1e-3)
    verdict = next(v for v in found.verdicts if v.what == "latency, 99th percentile")
    assert not verdict.passed and verdict.limit == pytest.approx(0.02)
    assert validate(file, run, latency=(1e-3, 5e-3, 9e-3)).sampling.latency == (1e-3, 5e-3, 9e-3)


def test_the_error_of_resampling(run, tmp_path):
    """Corners at constant speed: the second difference is the jump of speed times the period; an eighth of it."""
    found = validate(record(tmp_path / "a.arrows", *pieces(measured())), run)
    jump = 20.0  # [mm/s] in X at the corners of lines 6 to 8
    error = found.channel("x_commanded_mm").interpolation
    assert jump * PERIOD / 8 * 0.9 < error < 2 * jump * PERIOD / 8 * 1.1
