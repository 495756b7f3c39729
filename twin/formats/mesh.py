"""Triangle meshes in files: STL (binary, ascii), PLY, OBJ, VTP; mm at the border, metres inside.

STL carries no unit and no connectivity: facets come back as they stand, :func:`check_size` notices a file in the
wrong unit, and :meth:`twin.stock.workpiece.Stock.from_mesh` joins and checks the facets. STL is read here and
not by trimesh, which returns an empty mesh for a damaged file.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np

from twin.errors import InputError
from twin.units import INCH, MM

Mesh = tuple[np.ndarray, np.ndarray]  # vertices (vertex, 3) [m], faces (face, 3) int
Unit = Literal["mm", "in", "m"]

_FACTOR: dict[str, float] = {"mm": MM, "in": INCH, "m": 1.0}
_FACET = np.dtype([("normal", "<f4", 3), ("corner", "<f4", (3, 3)), ("attribute", "<u2")])
_HEADER = 84  # bytes before the first facet of a binary STL


def read_mesh(path: str | Path, unit: Unit = "mm") -> Mesh:
    """Vertices (vertex, 3) [m] and faces (face, 3) of a mesh file whose lengths are in ``unit``.

    Raises:
        InputError: the file is missing, of an unknown kind, damaged, or has no facets.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("mesh file not found", file=path, remedy="check the path of stock, target and fixtures")
    reader = {".stl": _read_stl, ".vtp": _read_vtp, ".ply": _read_trimesh, ".obj": _read_trimesh}.get(
        path.suffix.lower()
    )
    if reader is None:
        raise InputError(f"unknown kind of mesh '{path.suffix}'", file=path, remedy="export STL, PLY, OBJ or VTP")
    vertices, faces = reader(path)
    if not len(faces):
        raise InputError("the mesh has no facets", file=path, remedy="export it again")
    if not np.isfinite(vertices).all():
        raise InputError("the mesh has coordinates that are not numbers", file=path, remedy="export it again")
    return vertices * _FACTOR[unit], faces


def check_size(vertices: np.ndarray, expected: np.ndarray, file: object, what: str) -> None:
    """Raise InputError where a mesh is larger or smaller than expected by the factor between two units.

    Args:
        vertices: (vertex, 3) [m].
        expected: (3,) [m] extent it should roughly have; compared by the diagonals, within a factor of two.
        file: where the mesh stands.
        what: what the expected extent belongs to.
    """
    size = float(np.linalg.norm(np.ptp(vertices, axis=0)))
    ratio = size / float(np.linalg.norm(expected))
    for units, factor in (("mm and inch", INCH / MM), ("mm and m", 1 / MM)):
        if factor / 2 < max(ratio, 1 / ratio) < factor * 2:
            raise InputError(
                f"the mesh ({size / MM:.4g} mm across) is {max(ratio, 1 / ratio):.4g} times "
                f"{'larger' if ratio > 1 else 'smaller'} than {what}",
                file=file,
                remedy=f"state the unit of the file: {units} differ by {factor:g}",
            )


def write_mesh(
    path: str | Path,
    vertices: np.ndarray,
    faces: np.ndarray,
    *,
    fields: Mapping[str, np.ndarray] | None = None,
    ascii: bool = False,
) -> None:
    """Write a mesh in mm; whole or not at all.

    Args:
        path: ``.stl`` (float32 facets), ``.ply`` or ``.vtp`` (float64).
        vertices: (vertex, 3) [m].
        faces: (face, 3).
        fields: name with unit suffix -> (vertex,) or (face,) values; VTP only.
        ascii: text rather than binary STL.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if fields and kind != ".vtp":
        raise InputError(f"a {kind} file holds no fields {sorted(fields)}", file=path, remedy="write VTP")
    points, triangles = np.asarray(vertices, float) / MM, np.asarray(faces, np.int64)
    partial = path.with_name(f".{path.name}.partial")
    if kind == ".stl":
        partial.write_bytes(_stl_text(points, triangles) if ascii else _stl_binary(points, triangles))
    elif kind == ".ply":
        import trimesh

        trimesh.Trimesh(points, triangles, process=False).export(partial, file_type="ply")
    elif kind == ".vtp":
        _write_vtp(partial, points, triangles, fields or {})
    else:
        raise InputError(f"unknown kind of mesh '{path.suffix}'", file=path, remedy="write STL, PLY or VTP")
    partial.replace(path)


def _read_stl(path: Path) -> Mesh:
    data = path.read_bytes()
    n = int.from_bytes(data[80:_HEADER], "little") if len(data) >= _HEADER else 0
    # A binary header may begin with "solid" too; only the length tells.
    if len(data) == _HEADER + n * _FACET.itemsize and len(data) >= _HEADER:
        corners = np.frombuffer(data, _FACET, offset=_HEADER)["corner"].astype(float).reshape(-1, 3)
    elif data.lstrip()[:5].lower() == b"solid" and b"facet" in data[:1000]:
        corners = _stl_corners(path, data)
    elif data.lstrip()[:5].lower() == b"solid" and b"endsolid" in data:
        corners = np.empty((0, 3))
    else:
        raise InputError(
            f"not an STL file, or cut short: {len(data)} bytes where {n} facets take {_HEADER + n * _FACET.itemsize}",
            file=path,
            remedy="export it again",
        )
    return corners, np.arange(len(corners)).reshape(-1, 3)


def _stl_corners(path: Path, data: bytes) -> np.ndarray:
    """Corners (corner, 3) of an ascii STL, in order."""
    corners: list[list[float]] = []
    closed = False
    for number, text in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        words = text.split()
        if words[:1] == ["vertex"]:
            try:
                x, y, z = words[1:]
                corners.append([float(x), float(y), float(z)])
            except ValueError:
                raise InputError(
                    f"'{text.strip()}' is not a vertex", file=path, line=number, remedy="export it again"
                ) from None
        closed = words[:1] == ["endsolid"] or (closed and not words)
    if not closed or len(corners) % 3:
        raise InputError("the file ends within a solid", file=path, remedy="export it again")
    return np.array(corners).reshape(-1, 3)


def _read_trimesh(path: Path) -> Mesh:
    import trimesh

    try:
        mesh = trimesh.load_mesh(path, process=False)
    except Exception as error:
        raise InputError(f"cannot be read: {error}", file=path, remedy="export it again") from error
    return np.asarray(mesh.vertices, float), np.asarray(mesh.faces, np.int64)


def _read_vtp(path: Path) -> Mesh:
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkCommonCore import vtkCommand
    from vtkmodules.vtkFiltersCore import vtkTriangleFilter
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

    reader = vtkXMLPolyDataReader()
    failures: list[str] = []
    reader.AddObserver(vtkCommand.ErrorEvent, lambda *_: failures.append("damaged"))
    reader.SetFileName(str(path))
    triangles = vtkTriangleFilter()
    triangles.SetInputConnection(reader.GetOutputPort())
    triangles.PassLinesOff()
    triangles.PassVertsOff()
    triangles.Update()
    mesh = triangles.GetOutput()
    if failures:
        raise InputError("not a VTP file, or cut short", file=path, remedy="export it again")
    if not mesh.GetNumberOfPolys():
        return np.empty((0, 3)), np.empty((0, 3), np.int64)
    faces = vtk_to_numpy(mesh.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    return vtk_to_numpy(mesh.GetPoints().GetData()).astype(float), faces.astype(np.int64)


def _stl_binary(points: np.ndarray, faces: np.ndarray) -> bytes:
    facets = np.zeros(len(faces), _FACET)
    facets["corner"], facets["normal"] = points[faces], _normals(points, faces)
    header = b"binary STL, lengths in mm".ljust(80) + len(faces).to_bytes(4, "little")
    return header + facets.tobytes()


def _stl_text(points: np.ndarray, faces: np.ndarray) -> bytes:
    lines = ["solid part"]
    for normal, corners in zip(_normals(points, faces), points[faces], strict=True):
        lines.append("facet normal {:.6g} {:.6g} {:.6g}\n  outer loop".format(*normal))
        lines += ["    vertex {:.9g} {:.9g} {:.9g}".format(*corner) for corner in corners]
        lines.append("  endloop\nendfacet")
    return "\n".join([*lines, "endsolid part\n"]).encode()


def _normals(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    a, b, c = points[faces].transpose(1, 0, 2)
    normal = np.cross(b - a, c - a)
    return normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)


def _write_vtp(path: Path, points: np.ndarray, faces: np.ndarray, fields: Mapping[str, np.ndarray]) -> None:
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkIOXML import vtkXMLPolyDataWriter

    mesh, where, cells = vtkPolyData(), vtkPoints(), vtkCellArray()
    where.SetData(numpy_to_vtk(np.ascontiguousarray(points), deep=True))
    offsets = numpy_to_vtkIdTypeArray(np.arange(0, faces.size + 1, 3, dtype=np.int64), deep=True)
    cells.SetData(offsets, numpy_to_vtkIdTypeArray(faces.ravel(), deep=True))
    mesh.SetPoints(where)
    mesh.SetPolys(cells)
    for name, values in fields.items():
        on = {len(points): mesh.GetPointData(), len(faces): mesh.GetCellData()}.get(len(values))
        if on is None:
            raise InputError(f"field {name} has {len(values)} values", remedy="give one for each vertex or face")
        array = numpy_to_vtk(np.ascontiguousarray(values, dtype=float), deep=True)
        array.SetName(name)
        on.AddArray(array)
    writer = vtkXMLPolyDataWriter()
    writer.SetFileName(str(path))
    writer.SetInputData(mesh)
    if not writer.Write():
        raise InputError("cannot be written", file=path, remedy="check the folder and its free space")
