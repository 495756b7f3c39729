"""The surface that should be there: how much too deep (gouge) or too full (excess) the machined one is.

The target is a closed mesh, or nothing: then the path's own envelope is the target, which the nominal cut
meets everywhere, and only the predicted deviation of the machine remains.
"""

import numpy as np

from twin.program.program import Toolpath
from twin.stock.cut import Comparison, Gouge, Provenance, Surface
from twin.stock.workpiece import Stock

UNKNOWN = -1  # segment and line of a gouge in a sample that no recorded pass made


def compare(
    surface: Surface, target: Stock | None, toolpath: Toolpath, provenance: Provenance, tolerance: float = 10e-6
) -> Comparison:
    """Gouge and excess of every surface sample, and the source lines of the gouges.

    Args:
        surface: samples of the machined part, in the frame of the target.
        target: the solid that should be there (:meth:`Stock.from_mesh`); None: the path's own envelope.
        toolpath: gives the source line of a segment.
        provenance: gives the segment that made a sample: its candidate with the smallest gap.
        tolerance: [m] below the target that is not yet a gouge (chords of the target's facets).
    """
    distance = np.zeros(len(surface.position)) if target is None else signed_distance(target, surface.position)
    machined = surface.machined
    area = surface.area * machined
    total = float(area.sum())
    above = np.where(machined, distance, 0.0)
    return Comparison(
        distance=distance,
        gouges=_by_line(surface, provenance, toolpath, distance, machined & (distance < -tolerance)),
        tolerance=tolerance,
        rms=float(np.sqrt((area * distance**2).sum() / total)) if total else float("nan"),
        deepest=float(max(0.0, -above.min(initial=0.0))),
        excess=float(above.max(initial=0.0)),
        excess_volume=float((surface.area * np.maximum(distance, 0.0)).sum()),
    )


def signed_distance(solid: Stock, points: np.ndarray) -> np.ndarray:
    """Distance of points (point, 3) [m] to the surface of a solid, (point,) [m], negative inside.

    Nearest facet by VTK's cell locator; the sign is that of the angle-weighted normal there
    (Baerentzen and Aanaes, 2005, 10.1109/TVCG.2005.49).
    """
    # VTK takes a quarter of a second to import and only targets need it.
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkDoubleArray, vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkFiltersCore import vtkImplicitPolyDataDistance

    vertices, faces = solid.mesh()
    # The locator works in absolute tolerances: in mm, about the middle of the part.
    middle, scale = vertices.mean(axis=0), 1e3
    mesh, where, cells = vtkPolyData(), vtkPoints(), vtkCellArray()
    where.SetData(numpy_to_vtk(np.ascontiguousarray((vertices - middle) * scale), deep=True))
    offsets = numpy_to_vtkIdTypeArray(np.arange(0, faces.size + 1, 3, dtype=np.int64), deep=True)
    cells.SetData(offsets, numpy_to_vtkIdTypeArray(np.ascontiguousarray(faces, dtype=np.int64).ravel(), deep=True))
    mesh.SetPoints(where)
    mesh.SetPolys(cells)
    function = vtkImplicitPolyDataDistance()
    function.SetInput(mesh)
    found = vtkDoubleArray()
    function.FunctionValue(numpy_to_vtk(np.ascontiguousarray((points - middle) * scale), deep=True), found)
    return vtk_to_numpy(found) / scale


def _by_line(
    surface: Surface, provenance: Provenance, toolpath: Toolpath, distance: np.ndarray, gouged: np.ndarray
) -> tuple[Gouge, ...]:
    """Gouged samples (sample,) bool gathered by the source line of the pass that made them."""
    samples = np.flatnonzero(gouged)
    segment = _maker(provenance, samples)
    line = np.where(segment >= 0, toolpath.line[segment], UNKNOWN)
    gouges = []
    for number in np.unique(line):
        mine = samples[line == number]
        worst = mine[np.argmin(distance[mine])]
        x, y, z = (float(c) for c in surface.position[worst])
        at = int(segment[line == number][np.argmin(distance[mine])])
        gouges.append(Gouge(int(number), at, (x, y, z), float(-distance[worst]), float(surface.area[mine].sum())))
    return tuple(sorted(gouges, key=lambda gouge: -gouge.depth))


def _maker(provenance: Provenance, samples: np.ndarray) -> np.ndarray:
    """Segment whose envelope is the surface of each sample, (sample,) int, -1 where none was recorded."""
    if not provenance.segment.shape[1]:
        return np.full(len(samples), UNKNOWN)
    candidates = provenance.segment[samples]
    gap = np.where(candidates >= 0, provenance.gap[samples], np.inf)
    return candidates[np.arange(len(samples)), gap.argmin(axis=1)]
