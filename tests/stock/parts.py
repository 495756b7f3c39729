"""Small tool paths for the tests of the removal: made here, with the exact answer known."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from twin.machine.tool import Tool
from twin.program import interpret, linearise
from twin.program.program import Toolpath
from twin.stock.envelope import profile_table
from twin.stock.grid import Grid
from twin.stock.surface import trace_surface
from twin.stock.workpiece import Stock
from twin.stock.zmap import ZMap, remove

MM = 1e-3
EDGES = dict(n_teeth=2, flute_length=0.03, stick_out=0.05)
FLAT6 = Tool(number=1, name="flat", kind="flat", diameter=6 * MM, **EDGES)
BALL10 = Tool(number=2, name="ball", kind="ball", diameter=10 * MM, **EDGES)
DRILL4 = Tool(number=3, name="drill", kind="drill", diameter=4 * MM, point_angle=np.deg2rad(118), **EDGES)
BULL6 = Tool(number=4, name="bull", kind="bull", diameter=6 * MM, corner_radius=1 * MM, **EDGES)
FLAT10 = Tool(number=5, name="flat", kind="flat", diameter=10 * MM, **EDGES)
TOOLS = {tool.number: tool for tool in (FLAT6, BALL10, DRILL4, BULL6, FLAT10)}
FREEFORM_POCKET = Path(__file__).resolve().parents[2] / "scenarios" / "freeform_pocket" / "pocket2k.nc"


def path_of(*runs) -> Toolpath:
    """Toolpath from runs (tool number, points (point, 3) [mm]); the tool does not cut from one run to the next."""
    start = np.concatenate([np.asarray(points, float)[:-1] for _, points in runs]) * MM
    end = np.concatenate([np.asarray(points, float)[1:] for _, points in runs]) * MM
    tool = np.concatenate([np.full(len(points) - 1, number, np.int32) for number, points in runs])
    n, row = len(tool), np.arange(len(tool), dtype=np.int32)
    up = np.tile([0.0, 0.0, 1.0], (n, 1))
    return Toolpath(
        start, end, up, up, np.zeros(n, bool), np.full(n, 0.01), tool, np.full(n, 100.0), np.zeros(n, np.int8),
        row + 1, row, np.tile([0.0, 1.0], (n, 1)),
    )  # fmt: skip


def trace(path: Toolpath, stock: Stock, resolution: float, **settings):
    """(surface, provenance, profiles, tool rows) of ``path`` cut into ``stock``."""
    zmap = ZMap.of(stock, Grid.over(stock.lower, stock.upper, resolution))
    profiles, row = profile_table(TOOLS, path)
    remove(zmap, path, profiles, row, engagement=False)
    surface, provenance = trace_surface(zmap, stock, path, profiles, row, **settings)
    return surface, provenance, profiles, row


def wall_part(degrees: float, levels: int = 3) -> tuple[Toolpath, Stock]:
    """A 1.5 mm wall through the origin, 6 mm high, turned by ``degrees``, between two pockets; D6 flat end mill.

    Three rows a side, the finishing one last, on every level; and a bore of 10 mm diameter at (27, -22) mm,
    milled in circles of 180 chords.
    """
    turn = np.deg2rad(degrees)
    u, v = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    runs = []
    for side in (1, -1):
        for level in range(1, levels + 1):
            z = -6.0 * level / levels
            rows = []
            for k, offset in enumerate((10.95, 7.35, 3.75)):
                ends = [side * offset * v - 18 * u, side * offset * v + 18 * u]
                rows += [[*xy, z] for xy in (ends[::-1] if k % 2 else ends)]
            runs.append((1, [[*rows[0][:2], 5.0], *rows, [*rows[-1][:2], 5.0]]))
    angle = np.linspace(0, 2 * np.pi, 181)
    for level in range(1, levels + 1):
        z = -6.0 * level / levels
        circle = np.stack([27 + 2 * np.cos(angle), -22 + 2 * np.sin(angle), np.full(181, z)], axis=1)
        runs.append((1, [[27, -22, 5], [27, -22, z], *circle, [27, -22, z], [27, -22, 5]]))
    return path_of(*runs), Stock.box(np.array([-40, -30, -12]) * MM, np.array([40, 30, 0]) * MM)


def ball_pocket() -> tuple[Toolpath, Stock]:
    """Floor z = -6 + sin(x / 6) mm in 24 x 16 mm, raster of a D10 ball at 0.5 mm, chords of 2 mm."""
    x = np.linspace(-12, 12, 13)
    slope = np.cos(x / 6) / 6
    normal = np.stack([-slope, np.ones_like(x)]) / np.sqrt(1 + slope**2)
    tip = np.stack([x + 5 * normal[0], -6 + np.sin(x / 6) + 5 * normal[1] - 5])
    points = []
    for k, y in enumerate(np.arange(-8, 8.01, 0.5)):
        row = np.stack([tip[0], np.full_like(x, y), tip[1]], axis=1)
        points += list(row[::-1] if k % 2 else row)
    path = path_of((2, [[*points[0][:2], 5], *points, [*points[-1][:2], 5]]))
    return path, Stock.box(np.array([-22, -17, -15]) * MM, np.array([22, 17, 0]) * MM)


def freeform_pocket() -> tuple[Toolpath, Stock]:
    """The shipped program of 2,300 moves: roughing with a D10 flat end mill, raster of a D10 ball."""
    program = interpret(FREEFORM_POCKET.read_text(), file=FREEFORM_POCKET.name, tools={1: FLAT10, 2: BALL10})
    path = linearise(program, chord_tolerance=2e-6, max_length=0.1)
    tool = np.where(path.tool == 1, FLAT10.number, path.tool).astype(np.int32)
    return replace(path, tool=tool), Stock.box(np.array([-50, -40, -25]) * MM, np.array([50, 40, 0]) * MM)


def helical_bore() -> tuple[Toolpath, Stock]:
    """A bore of 10 mm, 6 mm deep, milled by D6 in half turns that descend 0.13 mm each, with pauses of slope."""
    angle = np.linspace(0, 2 * np.pi * 24, 24 * 36 + 1)
    depth = np.linspace(0.2, -6.2, len(angle))
    # A finishing helix, over a roughing one 0.08 mm inside it, as shops do.
    runs = []
    for radius in (1.92, 2.0):
        turns = np.stack([radius * np.cos(angle), radius * np.sin(angle), depth], axis=1)
        level = turns[:37] * [1, 1, 0] + [0, 0, -6.2]
        runs.append((1, [[radius, 0, 5], *turns, *level[1:], [0, 0, -6.2], [0, 0, 5]]))
    return path_of(*runs), Stock.box(np.array([-8, -8, -6]) * MM, np.array([8, 8, 0]) * MM)


def drifting_error(path: Toolpath) -> np.ndarray:
    """Error (segment, 2, 3) [m], 45 um peak to peak, that drifts in time, varies in space and flips with the feed."""
    time = np.concatenate([[0.0], np.cumsum(path.length)])
    time = np.stack([time[:-1], time[1:]], axis=1) / time[-1]
    x, y, _ = np.moveaxis(np.stack([path.start, path.end], axis=1), -1, 0)
    way = (path.end - path.start) / np.maximum(path.length, 1e-12)[:, None]
    # Steady motion has a steady error: where the path hardly turns, both sides of a joint err alike.
    joined = (way[1:] * way[:-1]).sum(axis=1) > 0.9
    way = np.stack([way, way], axis=1)
    way[1:, 0][joined] = way[:-1, 1][joined] = 0.5 * (way[1:, 0] + way[:-1, 1])[joined]
    way = np.tanh(way / 0.05)
    error = np.empty((*time.shape, 3))
    error[..., 0] = 16e-6 * np.sin(8 * time) + 6e-6 * np.sin(60 * y) + 5e-6 * way[..., 0]
    error[..., 1] = 7e-6 * np.cos(6 * time) + 6e-6 * np.cos(50 * x) + 5e-6 * way[..., 1]
    error[..., 2] = 22e-6 * time - 6e-6 + 6e-6 * np.sin(40 * x + 30 * y) + 4e-6 * way[..., 0]
    return error
