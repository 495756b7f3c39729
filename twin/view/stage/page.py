"""One HTML file with the part to turn about, its values and its machining in time; it needs nothing else."""

import base64
import gzip
import html
import json
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from twin.errors import InputError
from twin.machine.tool import Tool
from twin.units import MM
from twin.view.quantity import Quantity, limits_of
from twin.view.scene import VIEW_FROM
from twin.view.stage.compared import TwoRuns
from twin.view.stage.loaded import LoadedRun
from twin.view.stage.machining import CUTTER, HOLDER, STOCK, flat_sheet
from twin.view.stage.playing import SPEEDS, default_speed
from twin.view.stage.remaining import RemainingStock
from twin.view.stage.stage import Stage
from twin.view.stage.tool_shape import cutter_outline, holder_outline, pose_at, revolved

NO_VALUE = 3e38  # WebGL knows no NaN for sure
LEVELS = 2**16  # of the heights of the stock
TEMPLATE = Path(__file__).with_name("page.html")


def page_of(stage: Stage) -> str:
    """The page: every quantity that the stage offers now, in the panels that it shows, coarser than the part is."""
    meshes = stage.panels[0].meshes
    arrays: list[np.ndarray] = []

    def keep(values: np.ndarray) -> int:
        kind = np.uint32 if values.dtype.kind in "iu" else np.float32
        arrays.append(np.ascontiguousarray(np.nan_to_num(values, nan=NO_VALUE, posinf=NO_VALUE), kind).ravel())
        return len(arrays) - 1

    part = stage.run.part
    edges = meshes.edges.points[meshes.edges.lines.reshape(-1, 3)[:, 1:]]
    made = np.nan_to_num(np.asarray(part.point_data["time_s"])[meshes.kept], nan=0.0)
    bounds = np.array(part.bounds).reshape(3, 2)
    scene: dict[str, Any] = {
        "points": keep(np.asarray(meshes.coarse.points)),
        "facets": keep(meshes.coarse.regular_faces),
        "edges": keep(edges),
        "made": keep(made),
        "panels": _panels(stage, lambda values: keep(values[meshes.kept])),
        "chosen": list(stage.fields).index(stage.field),
        "duration": stage.run.duration,
        "speeds": SPEEDS,
        "speed": default_speed(stage.run.duration),
        "tools": [_tool(tool, keep) for tool in stage.run.tools.values()],
        "path": _path(stage.run, keep),
        "stock": _stock(stage.run, keep),
        "from": VIEW_FROM,
        "middle": bounds.mean(axis=1).tolist(),
        "size": float(np.linalg.norm(np.ptp(bounds, axis=1))),
    }
    used = {field["map"] for panel in scene["panels"] for field in panel["fields"]}
    scene["maps"] = {name: _colours(name) for name in used}
    page = TEMPLATE.read_text(encoding="utf-8").replace("TITLE", html.escape(stage.run.title))
    return page.replace("DATA", base64.b64encode(_packed(scene, arrays)).decode())


def _tool(tool: Tool, keep: Any) -> dict[str, Any]:
    """A tool: cutter, then what holds it."""
    bodies = []
    for outline, colour, alpha in ((cutter_outline(tool), CUTTER, 1.0), (holder_outline(tool), HOLDER, 0.45)):
        body = revolved(outline).triangulate()
        colours = [*matplotlib.colors.to_rgb(colour), alpha]
        bodies.append({"points": keep(body.points), "facets": keep(body.regular_faces), "colour": colours})
    return {"number": tool.number, "name": f"T{tool.number} {tool.name}", "bodies": bodies}


def _path(run: LoadedRun, keep: Any) -> dict[str, int]:
    """Where the tool is when: of each segment its times, its ends, its tool, its line, and how the tool stands."""
    s = run.segment
    axes, turn = np.unique(run.tool_axis, axis=0, return_inverse=True)
    turns = np.array([pose_at(np.zeros(3), axis)[:3, :3].T for axis in axes])  # columns one after the other
    return {
        "times": keep(s["time_s"]),
        "tips": keep(np.concatenate([s["start_mm"], s["end_mm"]], axis=1)),
        "tool": keep(s["tool"].astype(np.uint32)),
        "line": keep(s["line"].astype(np.uint32)),
        "turn": keep(turn.astype(np.uint32)),
        "turns": keep(turns),
    }


def _stock(run: LoadedRun, keep: Any) -> dict[str, Any] | None:
    """The stock after every kept step: heights over a grid, 0 where nothing is drawn; None where it cannot be had."""
    try:
        stock = RemainingStock(run)
    except InputError:
        return None
    points, quads = flat_sheet(stock)
    low, high = stock.grid.lower[2], stock.grid.upper[2]
    states = []
    for step in stock.steps:
        sheet, going = stock.sheet(stock.heights(step))
        level = np.rint((sheet - low) / (high - low) * (LEVELS - 2)).clip(0, LEVELS - 2)
        states.append(np.where(going, 1 + level, 0).astype(np.int64).ravel())
    changes = np.diff(np.array(states), axis=0, prepend=0)  # small numbers, so that they are packed well
    return {
        "points": keep(points),
        "quads": keep(quads),
        "changes": keep(changes.astype(np.uint32)),
        "times": [0.0, *(float(run.segment["time_s"][step - 1, 1]) for step in stock.steps[1:])],
        "low": low / MM,
        "step": (high - low) / MM / (LEVELS - 2),
        "pose": stock.pose.T.ravel().tolist(),
        "colour": [*matplotlib.colors.to_rgb(STOCK), 1.0],
    }


def _panels(stage: Stage, keep: Any) -> list[dict[str, Any]]:
    """Name and fields of each panel."""
    if not (stage.comparing and stage.compared):
        fields = [_field(q, np.asarray(stage.run.part.point_data[name]), keep) for name, q in stage.fields.items()]
        return [{"name": "", "fields": fields}]
    panels: list[dict[str, Any]] = [{"name": name.replace("\n", " "), "fields": []} for name in stage.compared.names]
    sign = 1 if isinstance(stage.compared, TwoRuns) else -1  # B minus A, but twin minus measured
    for name, quantity in stage.fields.items():
        first, _, difference = stage.compared.values(name)
        second = first + sign * difference  # on the vertices of the first
        limits = limits_of(quantity, np.concatenate([first, second]))
        apart = Quantity(name, "difference, " + quantity.title, "RdBu_r", True)
        panels[0]["fields"].append(_field(quantity, first, keep, limits))
        panels[1]["fields"].append(_field(quantity, second, keep, limits))
        panels[2]["fields"].append(_field(apart, difference, keep))
    return panels


def _field(
    quantity: Quantity, values: np.ndarray, keep: Any, limits: tuple[float, float] | None = None
) -> dict[str, Any]:
    limits = limits or limits_of(quantity, values)
    return {"title": quantity.title, "map": quantity.colour_map, "limits": limits, "values": keep(values)}


def _colours(name: str) -> list[int]:
    """256 colours, as red, green, blue from 0 to 255 one after the other."""
    table = matplotlib.colormaps[name](np.arange(256) / 255)[:, :3]
    return np.rint(255 * table).astype(int).ravel().tolist()


def _packed(scene: dict[str, Any], arrays: list[np.ndarray]) -> bytes:
    """Length of the head, the head as JSON, then the arrays; compressed."""
    kinds = [("u4" if a.dtype == np.uint32 else "f4", a.nbytes, len(a)) for a in arrays]
    scene["arrays"] = [[kind, 10**9, n] for kind, _, n in kinds]  # as long as the real places
    start = 4 + len(json.dumps(scene).encode()) // 4 * 4 + 4
    for row, (_, size, _) in zip(scene["arrays"], kinds, strict=True):
        row[1], start = start, start + size
    head = json.dumps(scene).encode()
    first = scene["arrays"][0][1]
    head = head.ljust(first - 4)
    return gzip.compress(len(head).to_bytes(4, "little") + head + b"".join(a.tobytes() for a in arrays), 6)
