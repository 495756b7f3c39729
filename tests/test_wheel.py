"""The wheel carries conf/ and scenarios/ along: it composes and finds a part's files without a checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FROM_PYTHON = """
from twin.resources import outputs_folder
from twin.scenario import load_scenario
scenario = load_scenario("scenario=rib_panel_7075", "tools.2.stick_out_mm=44")
print(scenario.program_file, len(scenario.features), scenario.tools[2].stick_out, outputs_folder(), sep="\\n")
"""


def test_the_wheel_brings_what_a_run_composes(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("machining_twin-*.whl")
    installed, desk = tmp_path / "installed", tmp_path / "desk"
    desk.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    (points,) = installed.glob("*.dist-info/entry_points.txt")
    assert "twin = twin.__main__:process" in points.read_text()
    outside = {**os.environ, "PYTHONPATH": str(installed)}  # goes before the checkout
    answer = subprocess.run(
        [sys.executable, "-c", FROM_PYTHON], cwd=desk, env=outside, check=True, capture_output=True, text=True
    )
    program, n_features, stick_out, outputs = answer.stdout.split()
    assert Path(program) == installed / "twin/_share/scenarios/rib_panel_7075/rib_panel_7075.nc"
    assert int(n_features) > 0 and float(stick_out) == 0.044
    assert Path(outputs) == desk / "outputs"
