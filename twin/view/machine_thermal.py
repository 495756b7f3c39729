"""The machine structure, coloured by its temperature rise and displaced many times over, at one time or over a run."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pyvista as pv
from PIL import Image

from twin.thermal.finite_volume.displacement import ElasticStructure
from twin.thermal.finite_volume.elasticity import CORNERS, FloatingPart

# corners of a hexahedron in the order of VTK
VTK_CORNERS = ((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1))
SIZE = (1100, 1000)


def draw_machine(elastic: ElasticStructure, rise: np.ndarray, file: Path, title: str = "") -> None:
    """Write the PNG ``file`` of the displaced machine, coloured by ``rise`` (cell,) [K]."""
    machine_frames(elastic, rise[:, None], [title])[0].save(file)


def animation(pictures: list[Image.Image]) -> bytes:
    """The pictures as a GIF, four a second."""
    few, stream = [picture.quantize(128) for picture in pictures], BytesIO()
    few[0].save(stream, format="GIF", save_all=True, append_images=few[1:], duration=250, loop=0)
    return stream.getvalue()


def machine_frames(elastic: ElasticStructure, rise: np.ndarray, titles: list[str]) -> list[Image.Image]:
    """One picture a case, all on one scale of colour and of displacement.

    Args:
        elastic: the parts.
        rise: (cell, case) [K] above the even start.
        titles: of each case, e.g. its time.
    """
    moved = elastic.deform(rise)
    largest = max(float(abs(u - u.mean(axis=0)).max()) for u in moved.values())
    span = max(float(np.ptp(part.nodes, axis=0).max()) for part in elastic.parts.values())
    scale = _round(0.12 * span / max(largest, 1e-12))
    top = float(max(rise.max(), 1e-9))
    limits = (float(rise.min()) if rise.min() < -0.02 * top else 0.0, top)
    nodes = np.vstack([part.nodes for part in elastic.parts.values()])
    low, high = nodes.min(axis=0), nodes.max(axis=0)
    pictures = []
    for case, title in enumerate(titles):
        plotter = pv.Plotter(off_screen=True, window_size=SIZE)
        plotter.set_background("white")
        for name, part in elastic.parts.items():
            still = _mesh(part, np.zeros_like(part.nodes)).extract_feature_edges(30)
            plotter.add_mesh(still, color="grey", line_width=1, opacity=0.5)
            grid = _mesh(part, moved[name][:, :, case] * scale)
            grid.cell_data["rise"] = rise[elastic.cells[name], case]
            plotter.add_mesh(
                grid,
                scalars="rise",
                clim=limits,
                cmap="YlOrRd",
                lighting=False,
                scalar_bar_args={
                    "title": "temperature rise, K",
                    "color": "black",
                    "vertical": True,
                    "position_x": 0.88,
                    "position_y": 0.2,
                    "height": 0.6,
                    "fmt": "%.1f",
                },
            )
            edges = grid.extract_feature_edges(30)
            plotter.add_mesh(edges, color="black", line_width=1, opacity=0.6)
        note = f"displaced {scale:,.0f} times; grey: cold machine"
        plotter.add_text(f"{title}\n{note}", color="black", font_size=11)
        size = float(np.linalg.norm(high - low))
        middle = (low + high) / 2
        plotter.camera_position = [tuple(middle + size * np.array([1.15, -1.45, 0.75])), tuple(middle), (0, 0, 1)]
        buffer = BytesIO()
        plotter.screenshot(buffer)
        plotter.close()
        pictures.append(Image.open(buffer).convert("RGB"))
    return pictures


def _round(value: float) -> float:
    """To 1, 2 or 5 times a power of ten, downwards."""
    unit = 10.0 ** np.floor(np.log10(value))
    return float(max(digit for digit in (1, 2, 5) if digit <= value / unit) * unit)


def _mesh(part: FloatingPart, moved: np.ndarray) -> pv.UnstructuredGrid:
    order = [int(np.flatnonzero((CORNERS == corner).all(axis=1))[0]) for corner in VTK_CORNERS]
    return pv.UnstructuredGrid({pv.CellType.HEXAHEDRON: part.node_of_cell[:, order]}, part.nodes + moved)
