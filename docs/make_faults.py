"""The page of what the bench survives: `python docs/make_faults.py`, some twenty minutes; LinuxCNC and mosquitto.

Runs the tests of faults and load, those of minutes too, and writes what each measured: what was lost, and what the user
was told, in its words. ``--from FILE ...``: what tests noted before (TWIN_FAULT_REPORT); later rows go before others.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path(__file__).with_name("bench_faults.md")
TESTS = (
    "tests/hardware/linuxcnc/test_linuxcnc_load.py",
    "tests/hardware/test_bench_faults.py",
    "tests/hardware/linuxcnc/test_linuxcnc_faults.py",
    "tests/hardware/linuxcnc/test_linuxcnc_source.py",
    "tests/hardware/test_bench_record.py",
    "tests/hardware/test_recording.py",
)
HEAD = """\
# Load and faults, as measured

`python docs/make_faults.py` runs the tests of faults and load and writes this page; every row is what one of them
measured: samples that are not in the recording, and what the user was told. Those over MQTT run `twin bench` against a
real mosquitto, with a machine that publishes 9.8 s of 9 channels at 1 kHz in arrays of 100 samples; those of LinuxCNC
run the real controller. Rates and latencies are those of the computer that ran the tests, with what else it did.

| what happens | source | is lost | the user sees |
|---|---|---|---|
"""
CELLS = ("fault", "source", "lost", "seen")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="files", type=Path, nargs="+", help="notes of tests that have run")
    files = parser.parse_args().files
    if files:
        write(files)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "faults.jsonl"
        command = [sys.executable, "-m", "pytest", "-q", "-m", "long or not long", *TESTS]
        if subprocess.run(command, cwd=ROOT, env={**os.environ, "TWIN_FAULT_REPORT": str(file)}).returncode:
            raise SystemExit("a test failed: the page stays as it is")
        write([file])


def write(files: list[Path]) -> None:
    """Write the page from ``files``, a JSON object a line."""
    rows = {}
    for file in files:
        for line in file.read_text().splitlines():
            row = json.loads(line)
            rows[row["fault"]] = [row[name].replace("|", "\\|") for name in CELLS]
    PAGE.write_text(HEAD + "".join(f"| {' | '.join(cells)} |\n" for cells in rows.values()))


if __name__ == "__main__":
    main()
