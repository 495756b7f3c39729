"""Cost of surface samples and provenance beside the z-map stage, and of the deviation kernel; and their accuracy.

Run: python tests/benchmarks/bench_provenance.py [resolution_mm]
Times are the best of three, of one thread, on the machine as it is; compare only within one run.
"""

import gzip
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "stock")]

from parts import BALL10, EDGES, FREEFORM_POCKET, MM, drifting_error, trace, wall_part  # noqa: E402

from twin.machine.tool import Tool  # noqa: E402
from twin.program import Toolpath, interpret, linearise  # noqa: E402
from twin.stock.deviation import candidates_of, deviation, deviations, doubtful  # noqa: E402
from twin.stock.dexel import find_walls  # noqa: E402
from twin.stock.envelope import profile_table  # noqa: E402
from twin.stock.grid import Grid  # noqa: E402
from twin.stock.passes import find_passes  # noqa: E402
from twin.stock.provenance import replay_columns, replay_path, replay_walls, surface_slope  # noqa: E402
from twin.stock.recut import recut_deviation  # noqa: E402
from twin.stock.surface import BAND, CANDIDATES, trace_surface  # noqa: E402
from twin.stock.workpiece import Stock  # noqa: E402
from twin.stock.zmap import ZMap, remove  # noqa: E402

FLAT10 = Tool(number=1, name="flat", kind="flat", diameter=10 * MM, **EDGES)
TOOLS = {1: FLAT10, 2: BALL10}
BLOCK = Stock.box(np.array([-50, -40, -25]) * MM, np.array([50, 40, 0]) * MM)


def pocket(name: str) -> Toolpath:
    """The peer workload."""
    file = FREEFORM_POCKET.with_name(name)
    text = gzip.decompress(file.read_bytes()).decode() if file.suffix == ".gz" else file.read_text()
    return linearise(interpret(text, file=name, tools=TOOLS), chord_tolerance=2e-6, max_length=0.1)


def best(function, repeats: int = 3) -> float:
    """Least processor time of a call [s], after one to compile."""
    function()
    times = []
    for _ in range(repeats):
        before = time.process_time()
        function()
        times.append(time.process_time() - before)
    return min(times)


def cost(name: str, resolution: float) -> None:
    path = pocket(name)
    grid = Grid.over(BLOCK.lower, BLOCK.upper, resolution)
    profiles, row = profile_table(TOOLS, path)
    fresh = ZMap.of(BLOCK, grid)

    def cut(engagement):
        zmap = ZMap(grid, *(a.copy() for a in (fresh.height, fresh.floor, fresh.top, fresh.underside)))
        remove(zmap, path, profiles, row, engagement=engagement)
        return zmap

    zmap = cut(False)
    moves = replay_path(path, profiles, row)
    walls = find_walls(zmap)
    plain, engaged = best(lambda: cut(False)), best(lambda: cut(True))
    slope = surface_slope(zmap)
    columns = best(lambda: replay_columns(zmap, moves, profiles, slope, BAND, CANDIDATES))
    with ThreadPoolExecutor(1) as one:
        rays = best(lambda: find_walls(zmap)) + best(
            lambda: replay_walls(walls, moves, profiles, grid.spacing, BAND, CANDIDATES, one)
        )
    whole = best(lambda: trace_surface(zmap, BLOCK, path, profiles, row))
    surface, _ = trace_surface(zmap, BLOCK, path, profiles, row)
    print(f"{name}, {path.n_segments} moves, {resolution / MM:g} mm, {len(surface.position)} samples")
    for label, seconds in (
        ("z-map", plain),
        ("z-map with engagement", engaged),
        ("provenance of columns", columns),
        ("wall rays with provenance", rays),
        ("surface and provenance, whole", whole),
    ):
        print(f"  {label:32s} {seconds:8.3f} s  {seconds / engaged:6.2f} x z-map with engagement")


def accuracy(label: str, path: Toolpath, stock: Stock, traced) -> None:
    surface, provenance, profiles, row = traced
    error = drifting_error(path)
    candidates, n = candidates_of(provenance), len(surface.position)
    found = np.asarray(deviation(candidates, jnp.asarray(error)))[:n]
    doubt = np.asarray(doubtful(candidates, jnp.asarray(error)))[:n]
    truth = recut_deviation(surface, path, profiles, row, error, 0.2 * MM)
    first = np.flatnonzero(np.diff(find_passes(path).number, prepend=-1))
    ends = np.concatenate([path.start[first], path.end[np.append(first[1:] - 1, -1)]])[:, :2]
    nearest = np.full(n, np.inf)
    for end in np.unique(ends.round(9), axis=0):
        nearest = np.minimum(nearest, np.hypot(*(surface.position[:, :2] - end).T))
    off, made = (found - truth) * 1e6, surface.machined
    inside = nearest > profiles["radius"].max()
    print(f"{label}: error {np.ptp(error, axis=(0, 1)).max() * 1e6:.0f} um peak to peak, {made.sum()} machined samples")
    for name, which in (
        ("all", made),
        ("all, not marked", made & ~doubt),
        ("one radius and the error from ends", made & (nearest > profiles["radius"].max() + np.ptp(error))),
        ("one radius from ends, not marked", made & inside & ~doubt),
        ("floors, one radius from ends", made & inside & (surface.family == 2)),
    ):
        print(f"  {name:34s} {which.sum():8d} samples  rms {np.sqrt((off[which] ** 2).mean()):7.3f} um")
    print(f"  marked: {doubt[made].mean():.1%}")


def batch(n_scenarios: int = 32) -> None:
    path = pocket("pocket2k.nc")
    grid = Grid.over(BLOCK.lower, BLOCK.upper, 0.25 * MM)
    profiles, row = profile_table(TOOLS, path)
    zmap = ZMap.of(BLOCK, grid)
    remove(zmap, path, profiles, row, engagement=False)
    surface, provenance = trace_surface(zmap, BLOCK, path, profiles, row)
    candidates = candidates_of(provenance, np.flatnonzero(surface.machined))
    errors = jnp.asarray(drifting_error(path))[None] * jnp.linspace(0.5, 1.5, n_scenarios)[:, None, None, None]
    run = jax.jit(deviations)
    run(candidates, errors).block_until_ready()
    before = time.perf_counter()
    run(candidates, errors).block_until_ready()
    seconds = (time.perf_counter() - before) / n_scenarios
    print(f"deviation: {seconds * 1e3:.1f} ms a map of {surface.machined.sum()} samples, {1000 * seconds:.0f} s a 1000")


if __name__ == "__main__":
    resolution = float(sys.argv[1]) * MM if len(sys.argv) > 1 else 0.1 * MM
    cost("pocket50k.nc.gz", resolution)
    path = pocket("pocket2k.nc")
    zmap = ZMap.of(BLOCK, Grid.over(BLOCK.lower, BLOCK.upper, 0.25 * MM))
    profiles, row = profile_table(TOOLS, path)
    remove(zmap, path, profiles, row, engagement=False)
    for k in (4, 8, 16, 24):
        traced = (*trace_surface(zmap, BLOCK, path, profiles, row, n_candidates=k), profiles, row)
        accuracy(f"pocket2k, {k} candidates", path, BLOCK, traced)
    part, stock = wall_part(13)
    accuracy("wall part, 8 candidates", part, stock, trace(part, stock, 0.25 * MM))
    batch()
