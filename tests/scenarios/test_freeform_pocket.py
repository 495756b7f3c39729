"""The committed programs of the freeform pocket are the script's."""

import gzip
import runpy
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "scenarios" / "freeform_pocket"


def test_committed_programs_are_what_the_script_makes(tmp_path):
    runpy.run_path(str(FOLDER / "generate.py"))["main"](tmp_path)
    assert (tmp_path / "pocket2k.nc").read_bytes() == (FOLDER / "pocket2k.nc").read_bytes()
    made, kept = ((f / "pocket50k.nc.gz").read_bytes() for f in (tmp_path, FOLDER))
    assert gzip.decompress(made) == gzip.decompress(kept)
