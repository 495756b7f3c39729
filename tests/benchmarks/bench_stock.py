"""Material removal on the 50,114-move freeform pocket: speed, accuracy, cost against the stock's size.

    python tests/benchmarks/bench_stock.py [--program pocket2k.nc]

Everything runs in one run, best of several, on one thread and timed in CPU seconds (other load on the machine counts
less); but for walls and provenance, where two replays run side by side, the clock counts. The peer is a NumPy kernel
that stamps the tool into a height map in steps of at most one cell,
and sums what each move removes, as simple simulators do.
"""

import argparse
import gzip
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from twin.machine.tool import Tool, ToolKind
from twin.program import Toolpath, interpret, linearise
from twin.stock.envelope import profile_table
from twin.stock.grid import Grid
from twin.stock.surface import trace_surface
from twin.stock.workpiece import Stock
from twin.stock.zmap import ZMap, remove

FOLDER = Path(__file__).resolve().parents[2] / "scenarios" / "freeform_pocket"
CONVERGED = {"pocket2k": 51708.6, "pocket50k": 51657.2}  # mm3, at 0.05 mm


def _tool(number: int, kind: ToolKind) -> Tool:
    return Tool(number=number, name=kind, kind=kind, diameter=10e-3, n_teeth=2, flute_length=30e-3, stick_out=40e-3)


TOOLS = {1: _tool(1, "flat"), 2: _tool(2, "ball")}
REPEATS = 5


def best(
    work: Callable[[], object],
    prepare: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.thread_time,
) -> float:
    """Shortest of several times [s], of this thread's CPU by default; ``prepare`` runs before each and is not timed."""
    times = []
    for _ in range(REPEATS):
        prepare()
        begin = clock()
        work()
        times.append(clock() - begin)
    return min(times)


def stamp(height: np.ndarray, grid: Grid, path: Toolpath, row: np.ndarray) -> np.ndarray:
    """The peer: lowers ``height`` (y, x) [m] to each tool, step by step along the path, in plain NumPy.

    Returns:
        Removed volume of each segment [m3].
    """
    step = grid.spacing[0]
    reach = int(np.ceil(TOOLS[1].radius / step))
    offset = np.arange(-reach, reach + 1) * step
    r2 = offset[:, None] ** 2 + offset**2
    radius = TOOLS[1].radius
    inside = r2 <= radius**2
    shapes = (
        np.where(inside, 0.0, np.inf).astype(np.float32),
        np.where(inside, radius - np.sqrt(np.maximum(radius**2 - r2, 0)), np.inf).astype(np.float32),
    )
    ny, nx = height.shape
    volume = np.zeros(path.n_segments)
    for segment, (start, end, shape) in enumerate(zip(path.start, path.end, row, strict=True)):
        n = max(int(np.ceil(np.hypot(*(end - start)[:2]) / step)), 1)
        for k in range(1, n + 1):
            x, y, z = start + (end - start) * (k / n)
            i, j = int((x - grid.lower[0]) / step), int((y - grid.lower[1]) / step)
            x0, x1, y0, y1 = max(i - reach, 0), min(i + reach + 1, nx), max(j - reach, 0), min(j + reach + 1, ny)
            window = height[y0:y1, x0:x1]
            tool = shapes[shape][y0 - j + reach : y1 - j + reach, x0 - i + reach : x1 - i + reach]
            lowered = np.minimum(window, tool + np.float32(z))
            volume[segment] += (window - lowered).sum()
            window[:] = lowered
    return volume * step**2


def exit_angles(cell: float, n: int = 50) -> np.ndarray:
    """Error [deg] of the angle at which a flat cutter leaves a wall of random width cut in a random direction."""
    rng, radius, stock = np.random.default_rng(0), TOOLS[1].radius, Stock.box((-20e-3,) * 3, (20e-3, 20e-3, 0))
    error = []
    for _ in range(n):
        ae, angle, shift = rng.uniform(0.3e-3, 9.7e-3), rng.uniform(0, 2 * np.pi), rng.uniform(-0.5e-3, 0.5e-3, 2)
        along = np.array([np.cos(angle), np.sin(angle)])
        left = np.array([-along[1], along[0]])
        points = []
        for offset in (-3 * radius, -2 * radius, -radius, 0.0, ae):  # clears up to the wall, then cuts into it
            middle = shift + offset * left
            points.append(np.linspace((*(middle - 9e-3 * along), -2e-3), (*(middle + 9e-3 * along), -2e-3), 10))
        start, end = np.concatenate([p[:-1] for p in points]), np.concatenate([p[1:] for p in points])
        many, ones = len(start), np.ones(len(start))
        up, count = np.tile([0.0, 0.0, 1.0], (many, 1)), np.arange(many, dtype=np.int32)
        path = Toolpath(
            start, end, up, up, ones < 0, ones, ones.astype(np.int32), ones, ones.astype(np.int8), count, count,
            np.tile([0.0, 1.0], (many, 1)),
        )  # fmt: skip
        profiles, row = profile_table(TOOLS, path)
        found = remove(ZMap.of(stock, Grid.over(stock.lower, stock.upper, cell)), path, profiles, row)
        error.append(np.rad2deg(found.arc[-5, 8, 0, 1] - np.arccos(1 - ae / radius)))
    return np.array(error)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default="pocket50k.nc.gz")
    name = parser.parse_args().program
    file = FOLDER / name
    text = gzip.decompress(file.read_bytes()).decode() if file.suffix == ".gz" else file.read_text()
    program = interpret(text, file=name, tools=TOOLS)
    path = linearise(program, chord_tolerance=2e-6, max_length=2e-3)
    n_moves = int((np.abs(program.end - program.start).max(axis=1) > 0).sum())
    profiles, row = profile_table(TOOLS, path)
    stock = Stock.box((-50e-3, -40e-3, -25e-3), (50e-3, 40e-3, 0))
    converged = CONVERGED[name.split(".")[0]]
    state: dict[str, ZMap] = {}

    print(f"{name}: {n_moves:,} moves, {path.n_segments:,} segments\n")
    print(f"{'kernel':34} {'cell mm':>7} {'s':>8} {'moves/s':>10} {'removed mm3':>12} {'error %':>9}")

    def report(kernel: str, cell: float, seconds: float, removed: float) -> None:
        error = 100 * (removed / converged - 1)
        print(f"{kernel:34} {cell * 1e3:7.2f} {seconds:8.3f} {n_moves / seconds:10,.0f} {removed:12.2f} {error:9.4f}")

    for cell in (0.25e-3, 0.1e-3, 0.05e-3):
        grid = Grid.over(stock.lower, stock.upper, cell)

        def fresh(grid: Grid = grid) -> None:
            state["zmap"] = ZMap.of(stock, grid)

        plain = best(lambda: remove(state["zmap"], path, profiles, row, engagement=False), fresh)
        report("z-map", cell, plain, (stock.volume - state["zmap"].volume) * 1e9)
        arcs = best(lambda: remove(state["zmap"], path, profiles, row), fresh)
        report("z-map with engagement", cell, arcs, (stock.volume - state["zmap"].volume) * 1e9)
        if cell == 0.05e-3:
            continue
        walls = best(lambda: trace_surface(state["zmap"], stock, path, profiles, row), clock=time.perf_counter)
        print(f"{'walls, surface and provenance':34} {cell * 1e3:7.2f} {walls:8.3f}   {walls / arcs:.2f} x the above")
        height = np.zeros(grid.shape[1::-1], np.float32)
        begin = time.thread_time()
        stamped = stamp(height, grid, path, row)
        peer = time.thread_time() - begin
        report("NumPy stamping", cell, peer, stamped.sum() * 1e9)
        print(f"{'':34} {cell * 1e3:7.2f} {peer / plain:8.1f} x slower than the z-map")

    print(f"\n{'stock, 0.1 mm cells':34} {'cells':>12} {'us/move':>9}")
    for factor in (1, 8):
        side = np.sqrt(factor)
        big = Stock.box((-50e-3 * side, -40e-3 * side, -25e-3), (50e-3 * side, 40e-3 * side, 0))
        grid = Grid.over(big.lower, big.upper, 0.1e-3)

        def fresh_big(big: Stock = big, grid: Grid = grid) -> None:
            state["zmap"] = ZMap.of(big, grid)

        seconds = best(lambda: remove(state["zmap"], path, profiles, row), fresh_big)
        print(f"{f'{factor} x the field':34} {grid.shape[0] * grid.shape[1]:12,} {seconds / n_moves * 1e6:9.2f}")

    print()
    for cell in (0.25e-3, 0.1e-3):
        error = exit_angles(cell)
        print(
            f"exit angle against acos(1 - ae / R), {cell * 1e3:.2f} mm cells: "
            f"mean {error.mean():+.2f}, standard deviation {error.std():.2f}, largest {np.abs(error).max():.2f} degrees"
        )


if __name__ == "__main__":
    main()
