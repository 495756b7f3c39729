"""The whole job, cold and warm: `python tests/benchmarks/bench_job.py [key=value ...]`.

Cold is the first run ever: empty caches, every kernel compiled. Targets of the default (scenario=nist_plate):
cold <= 60 s, warm <= 10 s, simulated machining time over wall time >= 100 warm.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def job(outputs: Path, cache: Path, overrides: list[str]) -> tuple[float, dict]:
    """Wall time [s] of one `twin run` as a user starts it, and its record."""
    environment = {**os.environ, "TWIN_CACHE_DIR": str(cache), "NUMBA_CACHE_DIR": str(cache / "numba")}
    begin = time.perf_counter()
    command = [sys.executable, "-m", "twin", "run", *overrides, "--outputs", str(outputs)]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - begin
    record = max(outputs.rglob("run.json"), key=lambda file: file.stat().st_mtime)
    return wall, json.loads(record.read_text())


def main() -> None:
    overrides = sys.argv[1:] or ["scenario=nist_plate"]
    with tempfile.TemporaryDirectory() as folder:
        outputs, cache = Path(folder) / "outputs", Path(folder) / "cache"
        print(f"twin run {' '.join(overrides)}")
        for label in ("cold", "warm", "warm"):
            wall, record = job(outputs, cache, overrides)
            ratio = record["duration_s"] / wall
            stages = ", ".join(
                f"{name} {seconds:.1f}" for name, seconds in record["stages_s"].items() if seconds > 0.05
            )
            memory = record["peak_memory_mib"]
            print(f"{label}: {wall:6.1f} s wall, {ratio:5.0f} x machining time, {memory} MiB  ({stages})")


if __name__ == "__main__":
    main()
