"""The gallery holds the pictures that it shows, and its scripts make them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib.image
import pytest

GALLERY = Path(__file__).resolve().parents[2] / "docs" / "gallery"
PAGE = (GALLERY / "README.md").read_text()
SHOWN = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", PAGE)
SCRIPTS = sorted(GALLERY.glob("make_*.py"))
LARGEST = 200_000  # bytes of a picture
QUICK = {"make_force.py", "make_temperature.py"}


def test_every_picture_is_shown_and_every_script_is_named():
    assert sorted(SHOWN) == sorted(file.name for file in GALLERY.glob("*.png"))
    assert set(re.findall(r"^## .*`(make_\w+\.py)`$", PAGE, re.MULTILINE)) == {script.name for script in SCRIPTS}


@pytest.mark.parametrize("name", SHOWN)
def test_a_picture_is_a_small_picture(name):
    assert (GALLERY / name).stat().st_size < LARGEST
    assert matplotlib.image.imread(GALLERY / name).std() > 0.01


@pytest.mark.parametrize(
    "script", [pytest.param(s, marks=[] if s.name in QUICK else pytest.mark.long, id=s.stem) for s in SCRIPTS]
)
def test_a_script_makes_its_pictures(script, tmp_path, data_dir):
    for file in GALLERY.glob("*.py"):
        shutil.copy(file, tmp_path)
    subprocess.run([sys.executable, tmp_path / script.name], check=True, timeout=900)
    section = PAGE.split(f"`{script.name}`\n", 1)[1].split("\n## ", 1)[0]
    expected = re.findall(r"\(([\w.]+\.png)\)", section)
    assert expected
    assert sorted(file.name for file in tmp_path.glob("*.png")) == sorted(expected)
