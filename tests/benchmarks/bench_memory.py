"""Peak memory of an hour of machining: `python tests/benchmarks/bench_memory.py`. The target is 4 GiB.

The program is the freeform pocket of 50,114 moves with its feeds divided so that it lasts an hour; every channel of
the servo loop is written at 1 kHz. Memory is that of the job's process, which draws in another one.
"""

import gzip
import json
import re
import tempfile
from pathlib import Path

from twin.commands.run import main as run

SLOWER = 5.0
POCKET = Path(__file__).resolve().parents[2] / "scenarios" / "freeform_pocket" / "pocket50k.nc.gz"


def main() -> None:
    text = gzip.decompress(POCKET.read_bytes()).decode()
    slow = re.sub(r"F([0-9.]+)", lambda word: f"F{float(word[1]) / SLOWER:.1f}", text)
    with tempfile.TemporaryDirectory() as folder:
        program, outputs = Path(folder) / "slow.nc", Path(folder) / "outputs"
        program.write_text(slow)
        run(
            [
                "scenario=freeform_pocket",
                f"scenario.program={program}",
                "model.servo_signals=true",
                "--outputs",
                str(outputs),
                "--no-picture",
            ]
        )
        (file,) = outputs.rglob("run.json")
        record = json.loads(file.read_text())
    print(f"{record['duration_s'] / 3600:.2f} h of machining: {record['peak_memory_mib'] / 1024:.2f} GiB at most")


if __name__ == "__main__":
    main()
