"""Speed of sweeps of the default part: process scenarios, deviation maps, and the overhead over the bare kernels.

python tests/benchmarks/bench_sweep.py [N_SCENARIOS] [N_MAPS]
The machining and the preparation of the part, once a sweep, are told apart.
"""

import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from twin.sweep.chunks import bounds_of, evaluate
from twin.sweep.evaluator import N_BATCH, Evaluator
from twin.sweep.folder import merge, open_folder, write_part
from twin.sweep.prepared import prepared
from twin.sweep.settings import Sweep, load_sweep

RANGES = {
    "process.feed_pct": [70, 130],
    "process.tools.2.speed_pct": [85, 115],
    "tools.2.stick_out_mm": [34, 44],
    "material.cutting.chosen.ktc_n_mm2": [600, 1000],
    "material.cutting.chosen.krc_n_mm2": [100, 250],
    "environment.ambient_mean_degc": [18, 26],
    "environment.coolant_degc": [18, 24],
    "environment.warm_up_min": [0, 60],
}
TARGET = 60.0  # [s]
CELLS = 1 << 17


def tell(what: str, seconds: float, target: float | None = None) -> None:
    print(f"{what:56} {seconds:8.1f} s" + (f"   target {target:.0f} s" if target else ""), flush=True)


def ready(folder: Path, n: int, more: str = "") -> tuple[Sweep, Path, Evaluator, np.ndarray]:
    """A sweep of ``n`` scenarios, its folder, its evaluator and the values of its parameters."""
    (folder / "sweep").mkdir(exist_ok=True)
    design = f"{{kind: latin_hypercube, n_rows: {n}, seed: 1, parameters: {RANGES}}}".replace("'", "")
    (folder / "sweep" / "bench.yaml").write_text(f"name: bench\n{more}design: {design}\n")
    begin = time.perf_counter()
    sweep = load_sweep(["sweep=bench"], folder)
    out = open_folder(sweep, folder)
    bounds = bounds_of(sweep, list(RANGES), range(len(sweep.rows)))
    evaluator = prepared(sweep, sweep.config, bounds, out, lambda stage: None)
    tell("machining and preparation, once a sweep", time.perf_counter() - begin)
    return sweep, out, evaluator, np.array([[row[key] for key in RANGES] for row in sweep.rows])


def scenarios(folder: Path, n: int) -> None:
    sweep, out, evaluator, values = ready(folder, n)
    batch = jnp.asarray(np.resize(values, (N_BATCH, len(RANGES))))
    jax.block_until_ready(evaluator._results(batch))
    begin = time.perf_counter()
    for chunk in sweep.chunks:
        outcomes, names = evaluate(sweep, chunk.number, chunk.rows, out)
        write_part(sweep, out, chunk.number, outcomes, names)
    merge(sweep, out)
    whole = time.perf_counter() - begin
    tell(f"{n:,} process scenarios, table written", whole, TARGET)
    begin = time.perf_counter()
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        list(pool.map(lambda _: jax.block_until_ready(evaluator._results(batch)), range(-(-n // N_BATCH))))
    kernels = time.perf_counter() - begin
    tell("bare kernels of as many", kernels)
    print(f"{'overhead':56} {100 * (whole / kernels - 1):8.1f} %   target 20 %")


def maps(folder: Path, n: int) -> None:
    *_, evaluator, values = ready(folder, n, f"n_summary: {CELLS}\nn_feature: 16\n")
    next(evaluator.maps(values[:1]))
    begin, cells = time.perf_counter(), 0
    for deviation in evaluator.maps(values):
        cells = deviation.shape[1]
    tell(f"{n:,} deviation maps of {cells:,} cells", time.perf_counter() - begin, TARGET)


def main() -> None:
    n_scenarios, n_maps = (int(sys.argv[i]) if len(sys.argv) > i else default for i, default in ((1, 10000), (2, 1000)))
    with tempfile.TemporaryDirectory() as folder:
        if n_scenarios:
            scenarios(Path(folder), n_scenarios)
        if n_maps:
            maps(Path(folder), n_maps)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{'memory at most':56} {peak:8.2f} GiB target 4 GiB")


if __name__ == "__main__":
    main()
