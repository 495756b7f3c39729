"""Mesh files: round trips, other programs' files, and one clear error for each way they go wrong."""

import numpy as np
import pytest
import trimesh

from twin.errors import InputError
from twin.formats.mesh import check_size, read_mesh, write_mesh
from twin.stock.workpiece import Stock


@pytest.fixture
def ball() -> trimesh.Trimesh:
    """Radius 20, as a CAD system in mm would hold it."""
    return trimesh.creation.icosphere(3, radius=20.0)


@pytest.mark.parametrize("name, ascii", [("a.stl", False), ("a.stl", True), ("a.ply", False), ("a.vtp", False)])
def test_a_written_mesh_reads_back_in_metres(tmp_path, ball, name, ascii):
    vertices, faces = np.asarray(ball.vertices) * 1e-3, np.asarray(ball.faces)
    write_mesh(tmp_path / name, vertices, faces, ascii=ascii)
    points, triangles = read_mesh(tmp_path / name)
    np.testing.assert_allclose(points[triangles], vertices[faces], atol=2e-9)  # float32 of 20 mm
    assert Stock.from_mesh(points, triangles).volume == pytest.approx(ball.volume * 1e-9, rel=1e-6)
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("kind", ["stl", "stl_ascii", "ply", "obj"])
def test_files_of_another_program_are_read(tmp_path, ball, kind):
    path = tmp_path / f"ball.{kind.removesuffix('_ascii')}"
    data = ball.export(file_type=kind)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    assert Stock.from_mesh(*read_mesh(path)).volume == pytest.approx(ball.volume * 1e-9, rel=1e-6)


@pytest.mark.parametrize("ascii", [True, False])
def test_another_program_reads_our_stl(tmp_path, ball, ascii):
    write_mesh(tmp_path / "ball.stl", ball.vertices * 1e-3, ball.faces, ascii=ascii)
    mesh = trimesh.load_mesh(tmp_path / "ball.stl")
    assert mesh.is_watertight
    assert mesh.volume == pytest.approx(ball.volume, rel=1e-6)


def test_inch_files_are_scaled(tmp_path, ball):
    write_mesh(tmp_path / "ball.stl", ball.vertices * 1e-3, ball.faces)
    points, _ = read_mesh(tmp_path / "ball.stl", unit="in")
    assert np.ptp(points[:, 0]) == pytest.approx(40 * 0.0254, rel=1e-6)


def test_vtp_keeps_fields(tmp_path, ball):
    import pyvista

    height, number = np.asarray(ball.vertices[:, 2]), np.arange(len(ball.faces))
    write_mesh(tmp_path / "a.vtp", ball.vertices * 1e-3, ball.faces, fields={"height_mm": height, "number": number})
    mesh = pyvista.read(tmp_path / "a.vtp")
    np.testing.assert_array_equal(mesh.point_data["height_mm"], height)
    np.testing.assert_array_equal(mesh.cell_data["number"], number)
    assert mesh.volume == pytest.approx(ball.volume, rel=1e-9)
    with pytest.raises(InputError, match="write VTP"):
        write_mesh(tmp_path / "a.stl", ball.vertices, ball.faces, fields={"height_mm": height})


def test_a_missing_file_and_an_unknown_kind(tmp_path):
    with pytest.raises(InputError, match=r"gone\.stl: mesh file not found"):
        read_mesh(tmp_path / "gone.stl")
    (tmp_path / "part.step").write_text("ISO-10303-21;")
    with pytest.raises(InputError, match=r"part\.step: unknown kind of mesh '\.step'"):
        read_mesh(tmp_path / "part.step")


@pytest.mark.parametrize(
    "name, data, message",
    [
        ("cut.stl", None, "cut short: 64054 bytes where 1280 facets take 64084"),
        ("empty.stl", b"", "not an STL file"),
        ("junk.stl", b"hello world" * 20, "not an STL file"),
        ("none.stl", b"solid a\nendsolid a\n", "no facets"),
        ("half.stl", b"solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\n", "ends within a solid"),
        ("bad.stl", b"solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 zero 0\n", r"bad\.stl:4: 'vertex 0 zero 0'"),
        (
            "nan.stl",
            b"solid a\nfacet normal 0 0 1\nvertex 0 nan 0\nvertex 1 0 0\nvertex 0 1 0\nendfacet\nendsolid a",
            "not numbers",
        ),
        ("bad.vtp", b"<VTKFile>", "not a VTP file"),
        ("bad.ply", b"ply\nformat", "cannot be read"),
    ],
)
def test_a_damaged_file_says_so(tmp_path, ball, name, data, message, capfd):
    (tmp_path / name).write_bytes(ball.export(file_type="stl")[:-30] if data is None else data)
    with pytest.raises(InputError, match=message):
        read_mesh(tmp_path / name)


@pytest.mark.parametrize("factor, word", [(25.4, "larger"), (1 / 25.4, "smaller"), (1e3, "larger"), (1e-3, "smaller")])
def test_a_mesh_in_the_wrong_unit_is_noticed(ball, factor, word):
    points = ball.vertices * 1e-3
    check_size(points, np.array([0.05, 0.04, 0.03]), "part.stl", "the stock")
    with pytest.raises(InputError, match=rf"part\.stl: .* times {word} than the stock"):
        check_size(points * factor, np.array([0.04, 0.04, 0.04]), "part.stl", "the stock")
