"""The report of a run: its numbers, that it is whole in itself, and how it looks in a browser and on paper."""

import json
import os
import re
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from finished_run import CONFIG, PROGRAM, make_run

from twin.errors import InputError
from twin.result import load
from twin.view import pdf
from twin.view.inputs import inputs, kind
from twin.view.operations import HEADINGS, operation_row, operations
from twin.view.page import VALIDATION
from twin.view.report_job import report, write
from twin.view.run_inspection import features_section, out_of_limits
from twin.view.run_robustness import robustness_section, scattered


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outputs") / "2026-01-02" / "030405_plate"
    folder.mkdir(parents=True)
    return make_run(folder)


@pytest.fixture(scope="module")
def page(run):
    return report(str(run), run.parent, picture=False)


def test_tool_changes_and_comments_part_the_program(run):
    found = operations(load(run)["segments"], PROGRAM, {1: "mill", 2: "drill"})
    assert [(o.name, o.tool, o.lines, o.time) for o in found] == [
        ("FACE", 1, (7, 8), (0.0, 3.0)),
        ("POCKET <1>", 1, (10, 10), (3.0, 6.0)),
        ("DRILL", 2, (13, 13), (10.0, 14.0)),
    ]


def test_without_the_text_only_tools_part_it(run):
    found = operations(load(run)["segments"], "", {1: "mill"})
    assert [(o.name, o.lines) for o in found] == [("mill", (7, 10)), ("T2", (13, 13))]


def test_an_operation_says_what_it_asks_where_it_cuts(run):
    segments = load(run)["segments"]
    face, pocket, drill = (
        dict(zip(HEADINGS, operation_row(o, segments), strict=True)) for o in operations(segments, PROGRAM, {})
    )
    assert (face["time [s]"], face["cutting [s]"], face["removed [cm³]"]) == ("3.0", "3.0", "0.30")
    assert (face["peak force [N]"], face["least chatter margin"]) == ("200", "0.80")
    assert (pocket["peak force [N]"], pocket["cutting [s]"]) == ("", "0.0")  # its 300 N are in air
    assert (drill["peak power [W]"], drill["least chatter margin"], drill["hottest chip [°C]"]) == ("90", "", "150")


def test_values_stand_with_the_source_that_is_nearest():
    found = {(one.group, one.key): one for one in inputs(CONFIG)}
    error = found["machine", "axes.X.EXX"]
    assert (error.values, kind(error)) == ("polynomial_um [0, 1.5], scatter_um 1", "assumed")
    assert found["material", "cutting.one"].source == "tests of 2026"
    assert not any("two" in key for _, key in found), "what was not chosen is no input"
    assert kind(found["tools", "1"]) == "unstated" and not any(group == "scenario" for group, _ in found)


def cells(text, first):
    """Cells of the row of the page that begins with ``first``."""
    row = re.search(rf"<tr><td[^>]*>{re.escape(first)}</td>(.*?)</tr>", text)
    return re.findall(r"<td[^>]*>(.*?)</td>", row[1])


def test_the_page_holds_the_numbers_of_the_run(page):
    text = page.read_text()
    assert cells(text, "machining time")[:3] == ["0.23", "", "min"]
    assert cells(text, "peak cutting force") == ["200", "20.00", "N", "scatter of the cutting coefficients"]
    assert cells(text, "hole &lt;A&gt;")[1:5] == ["5.000", "5.0125", "", "5.0110"]
    assert cells(text, "hole &lt;A&gt;")[5:] == ["+12.5", "±20*", "+2.5", "+10.0"]
    assert "twin 9.9.9" in text and "material=x" in text and "asks 120 %" in text
    assert "machine: 1 with a source, 1 assumed" in text and "Not modelled in this version" in text
    assert f"At {100 * 5 / 50:.2f} % of the samples" in text


def test_what_is_out_of_its_limits_is_a_finding(run):
    result = load(run)
    assert out_of_limits(result, CONFIG) == []
    result["features"]["error_um"].values[:] = -20.1
    assert out_of_limits(result, CONFIG) == [
        "1 of 1 judged characteristics are predicted out of their limits: hole <A> diameter (-20.1 µm, ±20* allowed) "
        "(*: nobody stated this limit, it is assumed)"
    ]


def test_what_scatters_stands_beside_the_features_of_the_same_configuration(run, tmp_path):
    outputs = tmp_path / "outputs"
    here = make_run(outputs / "2026-01-02" / "030405_plate")
    other = outputs / "2026-01-03" / "040506_plate_robust"
    other.mkdir(parents=True)
    table = {"name": ["hole <A>.diameter"], "deviation_um": [4.2], "probability_ratio": [0.875]}
    pq.write_table(pa.table(table), other / "robustness.parquet")
    record = {
        "n_samples": 500,
        "n_sources": 7,
        "probability_part_in_tolerance_ratio": [0.875, 0.84, 0.9],
        "tighten_first": ["tools.1.stick_out_mm"],
    }
    (other / "robustness.json").write_text(json.dumps(record))
    (other / "config.yaml").write_text(yaml.safe_dump({**CONFIG, "bench": {"kind": "opcua"}}))
    found = scattered(here, CONFIG)
    assert found is not None and found.deviation == {"hole <A>.diameter": 4.2}
    said = robustness_section(found)
    assert "87.5 % of the parts (84.0 to 90.0 %)" in said and "tighten first: tools.1.stick_out_mm" in said
    section = features_section(load(here), None, found, yaml.safe_load((here / "config.yaml").read_text()))
    assert cells(section, "hole &lt;A&gt;")[1:5] == ["5.000", "5.0125", "4.2", "87.5"]
    (other / "config.yaml").write_text(yaml.safe_dump({**CONFIG, "material": {"name": "another"}}))
    assert scattered(here, CONFIG) is None and "twin robust" in robustness_section(None)


def test_the_page_asks_nothing_of_the_net(page):
    text = page.read_text()
    assert not re.search(r"(?:src|href)=[\"']?(?!data:)\w|@import|url\(|<script", text)
    assert "<of ours>" not in text and "A plate &lt;of ours&gt;" in text


def test_a_validation_stays_on_top(tmp_path):
    file = tmp_path / "report.html"
    file.write_text(f"<html><body>{VALIDATION[0]}<p>FAIL</p>{VALIDATION[1]}<h1>old</h1>")
    for _ in range(2):
        text = write("<html><body><h1>new</h1>", file).read_text()
        assert text.count("<p>FAIL</p>") == 1 and text.index("FAIL") < text.index("<h1>new") and "old" not in text


def test_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(InputError, match="no finished run"):
        report(str(tmp_path), tmp_path)


def test_without_chromium_the_page_is_there_and_the_package_is_named(page, tmp_path, monkeypatch):
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    with pytest.raises(InputError, match="apt-get install chromium"):
        pdf.write_pdf(page, tmp_path / "report.pdf")
    assert not list(tmp_path.iterdir())


def test_a_browser_that_hangs_is_ended(page, tmp_path, monkeypatch):
    hanging = tmp_path / "chromium"
    hanging.write_text("#!/bin/sh\nsleep 60\n")
    hanging.chmod(0o755)
    monkeypatch.setattr(pdf.shutil, "which", lambda name: str(hanging))
    monkeypatch.setattr(pdf, "TIMEOUT", 0.2)
    with pytest.raises(InputError, match="did not print"):
        pdf.write_pdf(page, tmp_path / "report.pdf")
    assert not (tmp_path / "report.pdf").exists()


@pytest.fixture(scope="module")
def browser():
    """The installed Chromium."""
    if not shutil.which("chromium") and not os.environ.get("CI"):
        pytest.skip("needs the package chromium, which CI installs")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        opened = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"], timeout=30_000)
        yield opened
        opened.close()


@pytest.mark.chromium
def test_in_a_browser_all_pictures_load_and_nothing_is_cut_off(page, browser):
    tab = browser.new_page(viewport={"width": 1100, "height": 1000})
    asked, said = [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(page.as_uri(), timeout=20_000)
    widths = tab.eval_on_selector_all("img", "images => images.map(i => [i.naturalWidth, i.complete])")
    assert len(widths) >= 4 and all(width > 500 and complete for width, complete in widths)
    assert not [url for url in asked if not url.startswith(("file:", "data:"))] and not said
    assert tab.title() == "A plate <of ours>"
    tab.emulate_media(media="print")
    tab.set_viewport_size({"width": 690, "height": 1000})  # A4 less its margins, at 96 dots an inch
    wide = tab.evaluate("document.documentElement.scrollWidth")
    assert wide <= 690, f"the page is {wide} dots wide on paper"
    tab.close()


@pytest.mark.chromium
def test_it_prints_on_several_a4_pages(page, browser, tmp_path):
    file = tmp_path / "report.pdf"
    pdf.write_pdf(page, file)
    content = file.read_bytes()
    pages = re.findall(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]", content)
    assert content.startswith(b"%PDF") and len(pages) >= 3
    np.testing.assert_allclose(np.array(pages, dtype=float), [[595, 842]] * len(pages), atol=1)
