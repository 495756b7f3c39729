"""What the options of conf/model cost and gain: `python tests/benchmarks/bench_fidelity.py [SCENARIO ...]`.

Every option runs in a process of its own, as a user starts it, with compiled kernels and nothing else kept: a first
run compiles, the second one has another runout of one tool, so that removal and walls are computed anew. Errors are
against the finest option; the removed volume against the closed form, where the scenario has one.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import xarray as xr

from twin.compose import compose

MODELS = ("fast", "standard", "fine")


def run(scenario: str, model: str, folder: Path, cache: Path, change: str) -> tuple[float, float, Path]:
    """Wall time [s], processor time [s] and run folder of one `twin run`."""
    outputs = folder / f"{scenario}_{model}_{time.time_ns()}"
    command = [sys.executable, "-m", "twin", "run", f"scenario={scenario}", f"model={model}", change, "--no-picture"]
    environment = {**os.environ, "TWIN_CACHE_DIR": str(cache), "NUMBA_CACHE_DIR": str(cache / "numba")}
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [*command, "--outputs", str(outputs)], check=True, env=environment, stdout=subprocess.DEVNULL, timeout=1800
    )
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, used, next(outputs.rglob("run.json")).parent


def features(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Names, errors [um] and the part of them that the path itself leaves [um] of every inspected characteristic."""
    table = xr.open_datatree(folder / "result.nc")["features"].to_dataset()
    names = np.array([f"{a}.{b}" for a, b in zip(table["name"].values, table["characteristic"].values, strict=True)])
    program = table["contribution_um"].sel(contributor="program").values
    return names, table["error_um"].values, program


def compare(scenario: str, folder: Path, cache: Path) -> None:
    """Print the table of one scenario."""
    config = compose([f"scenario={scenario}"])
    tool = next(iter(config["tools"]))
    expected = config["scenario"].get("expected", {}).get("removed_volume_mm3")
    rows = {}
    for model in MODELS:
        run(scenario, model, folder, cache, f"+tools.{tool}.life_used_pct=0")
        wall, used, done = run(scenario, model, folder, cache, f"++tools.{tool}.runout_um=4.9")
        record = json.loads((done / "run.json").read_text())
        rows[model] = (wall, used, record["peak_memory_mib"], record["summary"], features(done))
    names, finest, _ = rows[MODELS[-1]][4]
    print(f"\n{scenario}: {len(names)} inspected characteristics; errors against `{MODELS[-1]}`")
    print(f"{'':<9} {'wall s':>7} {'cpu s':>6} {'MiB':>6} {'volume':>9} {'feature rms, max um':>20} {'path alone':>11}"
          f" {'peak N':>7} {'chatter':>8} {'95 % um':>8}")  # fmt: skip
    for model, (wall, used, memory, summary, (_, error, program)) in rows.items():
        volume = summary["removed volume"][0] * 1e3
        off = f"{volume / expected - 1:+.3%}" if expected else f"{volume / 1e3:.2f} cm3"
        gap = np.abs(error - finest)
        print(
            f"{model:<9} {wall:7.1f} {used:6.1f} {memory:6} {off:>9} {np.sqrt(np.mean(gap**2)):12.2f} {gap.max():7.2f}"
            f" {np.sqrt(np.mean(program**2)):11.2f} {summary['peak cutting force'][0]:7.0f}"
            f" {summary['volume cut with chatter'][0]:7.1f}% {summary['deviation, 95 % within'][0]:8.2f}"
        )


def main() -> None:
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with tempfile.TemporaryDirectory() as name:
        for scenario in sys.argv[1:] or ["rib_panel_7075", "nist_plate"]:
            compare(scenario, Path(name), Path(name) / "cache")


if __name__ == "__main__":
    main()
