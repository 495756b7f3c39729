"""Rays, collision test, target distance and mesh of the workpiece: ``python tests/benchmarks/bench_workpiece.py``.

The collision test is timed as what it adds to the removal of pocket50k at 0.1 mm, with tools whose flutes
hold the cut (every program should be so) and with ones so short that the shank is watched all along.
"""

import gzip
from dataclasses import replace
from pathlib import Path
from time import process_time

import numpy as np
import trimesh

from twin.machine.tool import HolderSection, Tool
from twin.program import Toolpath, interpret, linearise
from twin.stock.assembly import bodies_of
from twin.stock.collision import watch
from twin.stock.envelope import profile_table
from twin.stock.grid import Grid
from twin.stock.mesh import part_mesh
from twin.stock.removal import RemovalSettings, cut
from twin.stock.target import signed_distance
from twin.stock.workpiece import Stock
from twin.stock.zmap import ZMap, remove

PROGRAM = Path(__file__).parents[2] / "scenarios" / "freeform_pocket" / "pocket50k.nc.gz"
TOOLS = {
    number: Tool(
        number=number,
        name=kind,
        kind=kind,
        diameter=0.01,
        n_teeth=2,
        flute_length=0.025,
        stick_out=0.035,
        holder=(HolderSection(0.04, 0.05, 0.05),),
    )
    for number, kind in ((1, "flat"), (2, "ball"))
}
BLOCK = Stock.box((-0.05, -0.04, -0.025), (0.05, 0.04, 0.0))


def best_of(runs: int, action) -> float:
    """Shortest processor time [s] of ``runs`` calls, after one that compiles."""
    action()
    times = []
    for _ in range(runs):
        began = process_time()
        action()
        times.append(process_time() - began)
    return min(times)


def row(what: str, seconds: float, count: float, unit: str) -> None:
    print(f"{what:58s} {seconds * 1e3:10.1f} ms {count / seconds:14,.0f} {unit}/s")


def bench_rays() -> None:
    side = np.linspace(-0.02, 0.02, 1000)
    u, v = (g.ravel() for g in np.meshgrid(side, side))
    for subdivisions in (4, 6):
        ball = trimesh.creation.icosphere(subdivisions, radius=0.02)
        stock = Stock.from_mesh(ball.vertices, ball.faces)
        seconds = best_of(3, lambda s=stock: s.intervals(2, u, v))
        row(f"1e6 z rays through a ball of {len(ball.faces):,} facets", seconds, len(u), "rays")


def pocket() -> Toolpath:
    text = gzip.decompress(PROGRAM.read_bytes()).decode()
    program = interpret(text, file=PROGRAM.name, tools=TOOLS, work_offsets={"G54": (0.0,) * 6})
    return linearise(program, chord_tolerance=2e-6, max_length=1.0, part_zero=(0.0, 0.0, 0.0))


def bench_collisions(path: Toolpath) -> None:
    grid = Grid.over(BLOCK.lower, BLOCK.upper, 0.1e-3)
    profiles, tool = profile_table(TOOLS, path)
    fresh = ZMap.of(BLOCK, grid)

    def removal(tools: dict[int, Tool] | None) -> int:
        zmap = replace(fresh, height=fresh.height.copy(), top=fresh.top.copy())
        watched = None
        if tools is not None:
            watched = watch(zmap, path, bodies_of([tools.get(int(n)) for n in np.unique(path.tool)], 20e-6), tool)
        remove(zmap, path, profiles, tool, engagement=False, watched=watched)
        return 0 if watched is None else int((watched.suspect >= 0).sum())

    short = {n: replace(t, flute_length=0.004, stick_out=0.006) for n, t in TOOLS.items()}
    for what, tools in (("no collision test", None), ("flutes hold the cut", TOOLS), ("4 mm flutes, 6 mm out", short)):
        seconds = best_of(3, lambda t=tools: removal(t))
        row(f"removal at 0.1 mm, {what}, {removal(tools):,} suspects", seconds, path.n_segments, "moves")


def bench_mesh(path: Toolpath) -> None:
    settings = RemovalSettings(
        resolution=0.25e-3, band=120e-6, n_candidates=4, collision_tolerance=20e-6, target_tolerance=10e-6,
        n_mib_limit=2000,
    )  # fmt: skip
    left = cut(path, TOOLS, BLOCK, settings)
    seconds = best_of(2, lambda: part_mesh(left.columns, left.surface, BLOCK))
    mesh = part_mesh(left.columns, left.surface, BLOCK)
    row(f"mesh at 0.25 mm, {len(mesh.faces):,} facets", seconds, len(mesh.faces), "facets")
    target = Stock.from_mesh(mesh.vertices, mesh.faces)
    seconds = best_of(1, lambda: signed_distance(target, left.surface.position))
    row(
        f"distance of {len(left.surface.position):,} samples to that mesh",
        seconds,
        len(left.surface.position),
        "points",
    )


if __name__ == "__main__":
    bench_rays()
    moves = pocket()
    bench_collisions(moves)
    bench_mesh(moves)
