"""Records what LinuxCNC's interpreter answers, for machines without it: ``python tests/program/record_oracle.py``.

Programs of our own are recorded operation by operation; of the outside programs (the NIST plates, found in
TWIN_DATA_DIR or ../shared/data) only sums are kept.
"""

import gzip
import json
import os
import sys
from pathlib import Path

from program_cases import cases
from program_oracle import ORACLE, LiveOracle, linuxcnc_python, summary
from program_strategy import sample_programs


def write(name: str, entries: object) -> None:
    data = json.dumps(entries, separators=(",", ":")).encode()
    (ORACLE / f"{name}.json.gz").write_bytes(gzip.compress(data, mtime=0))


def main() -> None:
    python = linuxcnc_python()
    if python is None:
        sys.exit("LinuxCNC's interpreter is not installed")
    oracle = LiveOracle(python)
    example = (ORACLE / "example.ngc").read_text()
    write("example", [{"text": example, "answer": oracle.ask(example)}])
    write("cases", [{"topic": topic, "text": text, "answer": oracle.ask(text)} for topic, text in cases()])
    write("generated", [{"text": text, "answer": oracle.ask(text)} for text in sample_programs(250)])
    data = Path(os.environ.get("TWIN_DATA_DIR", Path(__file__).parents[3] / "shared" / "data"))
    plates = {p.name: summary(oracle.ask(p.read_text())["ops"]) for p in sorted(data.glob("nist_plates/plate_*.nc"))}
    if plates:
        (ORACLE / "nist_plates.json").write_text(json.dumps(plates, indent=1) + "\n")
    oracle.close()


if __name__ == "__main__":
    main()
