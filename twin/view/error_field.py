"""The error of the tool in the work volume, as arrows on a grid of axis positions."""

from io import BytesIO

import numpy as np
import pyvista as pv
from PIL import Image

from twin.machine import Kinematics, Machine, geometric_error
from twin.units import MM, UM

SIZE = (1100, 900)


def volume_errors(
    kinematics: Kinematics, machine: Machine, tool_length: float, n: int = 6
) -> tuple[np.ndarray, np.ndarray]:
    """Axis positions (n³, 3) [m] over the travel and the tool's errors (n³, 3) [m] there; rotary axes at zero."""
    grids = [np.linspace(machine.axes[a].travel_min, machine.axes[a].travel_max, n) for a in "XYZ"]
    position = np.stack(np.meshgrid(*grids, indexing="ij"), axis=-1).reshape(-1, 3)
    rest = np.zeros((len(position), len(kinematics.letters) - 3))
    return position, np.asarray(geometric_error(kinematics, np.concatenate([position, rest], axis=1), tool_length))


def draw_error_field(position: np.ndarray, error: np.ndarray, title: str) -> Image.Image:
    """A picture: arrows on the grid, many times enlarged, coloured by the length of the error.

    Args:
        position: (n³, 3) [m], as :func:`volume_errors` orders them.
        error: (n³, 3) [m].
    """
    n = round(len(position) ** (1 / 3))
    place, size = position / MM, np.linalg.norm(error, axis=1) / UM
    span = np.ptp(place, axis=0)
    scale = 0.7 * span.max() / (n - 1) / max(float(size.max()), 1e-9)
    cloud = pv.PolyData(place)
    cloud["error"], cloud["size"] = error / UM, size
    plotter = pv.Plotter(off_screen=True, window_size=SIZE)
    plotter.set_background("white")
    plotter.add_mesh(_lattice(place, n), color="#c8c8c8", line_width=1, lighting=False)
    arrow = pv.Arrow(tip_length=0.3, tip_radius=0.12, shaft_radius=0.045)
    plotter.add_mesh(
        cloud.glyph(orient="error", scale="size", factor=scale, geom=arrow),
        scalars="size", cmap="viridis", clim=(0.0, float(size.max())), lighting=False,
        scalar_bar_args={
            "title": "error / µm", "color": "black", "vertical": True, "fmt": "%.0f",
            "position_x": 0.88, "position_y": 0.2, "height": 0.6,
        },
    )  # fmt: skip
    plotter.add_text(
        f"{title}\narrows enlarged {_round(scale * MM / UM):,.0f} times; largest {size.max():.1f} µm",
        color="black", font_size=11,
    )  # fmt: skip
    plotter.show_bounds(
        bounds=np.column_stack([place.min(axis=0), place.max(axis=0)]).ravel().tolist(),
        xtitle="X / mm", ytitle="Y / mm", ztitle="Z / mm", color="black", font_size=12, location="outer",
        ticks="outside",
        n_xlabels=4, n_ylabels=4, n_zlabels=4, fmt="%.0f",
    )  # fmt: skip
    middle, far = (place.max(axis=0) + place.min(axis=0)) / 2, 1.18 * float(np.linalg.norm(span))
    plotter.camera_position = [tuple(middle + far * np.array([0.9, -1.4, 0.75])), tuple(middle), (0, 0, 1)]
    buffer = BytesIO()
    plotter.screenshot(buffer)
    plotter.close()
    return Image.open(buffer).convert("RGB")


def _lattice(place: np.ndarray, n: int) -> pv.PolyData:
    """Lines between neighbours of the grid."""
    index = np.arange(n**3).reshape(n, n, n)
    pairs = [
        np.stack([np.delete(index, -1, axis).ravel(), np.delete(index, 0, axis).ravel()], axis=1) for axis in range(3)
    ]
    rows = np.concatenate(pairs)
    return pv.PolyData(place, lines=np.column_stack([np.full(len(rows), 2), rows]).ravel())


def _round(value: float) -> float:
    unit = 10.0 ** np.floor(np.log10(value))
    return float(np.round(value / unit) * unit)
