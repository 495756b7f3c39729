"""The difference along the path, painted on the part: in a process of its own, for VTK may end it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.errors import InputError

LONGEST = 300  # [s] of drawing
GL_REMEDY = "apt-get install libegl1 libgl1-mesa-dri"


@dataclass(frozen=True)
class Painted:
    """What is painted."""

    run: Path  # folder with part.vtp
    title: str
    bar: str  # what the colours say, with the unit
    time: np.ndarray  # (segment,) [s] at which each segment ends, as part.vtp has it
    value: np.ndarray  # (segment,) NaN: not measured
    worst: tuple[float, float, float] | None  # [mm] part frame
    label: str  # of that place


def draw(painted: Painted, file: Path) -> None:
    """Write the PNG ``file``.

    Raises:
        InputError: no GL library, or the run has no part.
    """
    if not (painted.run / "part.vtp").is_file():
        raise InputError("the run has no part.vtp to paint on", file=painted.run)
    order = {
        "run": str(painted.run.resolve()),
        "file": str(file.resolve()),
        "title": painted.title,
        "bar": painted.bar,
        "time": painted.time.tolist(),
        "value": [None if np.isnan(v) else float(v) for v in painted.value],
        "worst": painted.worst,
        "label": painted.label,
    }
    child = subprocess.run(
        [sys.executable, "-m", "hardware.validation.picture"],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )
    if child.returncode < 0:
        raise InputError("no picture: VTK found no GL library to draw with", remedy=GL_REMEDY)
    if child.returncode or not file.is_file():
        lines = child.stderr.strip().splitlines()
        raise InputError(f"no picture: {lines[-1] if lines else 'the drawing process ended early'}")


def on_part(time: np.ndarray, value: np.ndarray, vertex_time: np.ndarray) -> np.ndarray:
    """Value of the segment that made each vertex (vertex,); NaN where none did.

    Args:
        time: (segment,) [s] at which each ends, rising.
        vertex_time: (vertex,) float32 [s] of the same; NaN: not machined.
    """
    ends = time.astype(np.float32)
    known = np.isfinite(vertex_time)
    row = np.clip(np.searchsorted(ends, np.where(known, vertex_time, 0)), 0, len(ends) - 1)
    return np.where(known, value[row], np.nan)


def _main() -> None:
    """In the child."""
    order = json.loads(sys.stdin.read())
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    import pyvista as pv

    from twin.view.scene import VIEW_FROM, colour_limits, load_part

    part = load_part(Path(order["run"]))
    value = np.array([np.nan if v is None else v for v in order["value"]])
    part.point_data["difference"] = on_part(np.array(order["time"]), value, part.point_data["time_s"])
    pv.global_theme.multi_samples = 0
    plotter = pv.Plotter(off_screen=True, window_size=[1280, 800])
    plotter.set_background("white")
    actor = plotter.add_mesh(
        part,
        scalars="difference",
        cmap="viridis",
        clim=colour_limits(value, False, None),
        lighting=False,
        nan_color="#d9d9d9",
        show_scalar_bar=False,
    )
    plotter.add_mesh(part.extract_feature_edges(30, manifold_edges=False), color="#303030", line_width=1.0)
    bar = {"vertical": True, "n_labels": 5, "color": "black", "title_font_size": 18, "label_font_size": 16}
    place = {"position_x": 0.89, "position_y": 0.15, "height": 0.7, "width": 0.06}
    plotter.add_scalar_bar(mapper=actor.mapper, title=order["bar"], fmt="%.3g", **bar, **place)
    if order["worst"]:
        size = 0.012 * part.length
        plotter.add_mesh(pv.Sphere(radius=size, center=order["worst"]), color="#d00000", lighting=False)
        plotter.add_point_labels(
            [order["worst"]],
            [order["label"]],
            text_color="#d00000",
            font_size=18,
            shape_color="white",
            shape_opacity=0.85,
            always_visible=True,
            show_points=False,
        )
    plotter.add_text(order["title"], position="upper_left", font_size=11, color="black")
    plotter.add_text("grey: not cut, or not measured", position="lower_right", font_size=8, color="#606060")
    plotter.add_axes(color="black")
    plotter.view_vector(VIEW_FROM, viewup=(0, 0, 1))
    plotter.reset_camera(bounds=part.bounds)
    plotter.camera.zoom(1.1)
    plotter.screenshot(order["file"])


if __name__ == "__main__":
    _main()
