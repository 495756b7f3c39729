"""The machine structure, coloured by its temperature rise and displaced many times over."""

from pathlib import Path

import numpy as np
import pyvista as pv

from twin.thermal.finite_volume.displacement import ElasticStructure
from twin.thermal.finite_volume.elasticity import CORNERS, FloatingPart

# corners of a hexahedron in the order of VTK
VTK_CORNERS = ((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1))


def machine_scene(elastic: ElasticStructure, rise: np.ndarray, title: str = "", scale: float = 1500.0) -> pv.Plotter:
    """Return the plotter, off screen, of every part displaced ``scale`` times.

    Args:
        rise: (cell,) [K] above the even start.
        title: drawn at the top.
    """
    plotter = pv.Plotter(off_screen=True, window_size=(1200, 1000))
    plotter.set_background("white")
    limits = (0.0, float(max(rise.max(), 1e-9)))
    for name, moved in elastic.deform(rise).items():
        grid = _mesh(elastic.parts[name], moved * scale)
        grid.cell_data["rise K"] = rise[elastic.cells[name]]
        plotter.add_mesh(
            grid,
            scalars="rise K",
            clim=limits,
            cmap="YlOrRd",
            lighting=False,
            show_edges=True,
            scalar_bar_args={"color": "black", "vertical": True, "position_x": 0.85},
        )
    if title:
        plotter.add_text(f"{title}\ndisplaced {scale:g} times", color="black", font_size=11)
    plotter.camera_position = [(4.2, -4.0, 3.2), (0.5, 0.8, 0.95), (0, 0, 1)]
    return plotter


def draw_machine(elastic: ElasticStructure, rise: np.ndarray, file: Path, title: str = "") -> None:
    """Write the PNG ``file``; see :func:`machine_scene`."""
    plotter = machine_scene(elastic, rise, title)
    plotter.screenshot(str(file))
    plotter.close()


def _mesh(part: FloatingPart, moved: np.ndarray) -> pv.UnstructuredGrid:
    order = [int(np.flatnonzero((CORNERS == corner).all(axis=1))[0]) for corner in VTK_CORNERS]
    return pv.UnstructuredGrid({pv.CellType.HEXAHEDRON: part.node_of_cell[:, order]}, part.nodes + moved)
