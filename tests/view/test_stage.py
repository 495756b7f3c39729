"""The scene of a run: colours equal their bar, everything moves in place, and points tell what the result says."""

import json
import shutil
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
import pyvista as pv

from twin.errors import InputError
from twin.result import Result, load
from twin.view.quantity import bar_format
from twin.view.stage.detail import coarse_mesh
from twin.view.stage.loaded import load_run
from twin.view.stage.machining import STOCK_CUT
from twin.view.stage.panel import CUT
from twin.view.stage.path import passes_at, tool_at
from twin.view.stage.remaining import RemainingStock

FEED = 20.0  # [mm/s] of the slot, F1200


@pytest.fixture(scope="module")
def run(small_run):
    return load_run(small_run)


@pytest.fixture(scope="module")
def stage(two_coloured, small_run):
    """The two-coloured run as A, the run itself as B."""
    from twin.view.stage.stage import Stage

    stage = Stage(load_run(two_coloured), load_run(small_run))
    yield stage
    stage.plotter.close()


@pytest.fixture
def alone(stage):
    """Run A alone, from the start again."""
    stage.compare(False)
    stage.colour("deviation_um")
    stage.cut(None)
    stage.seek(stage.run.duration)
    stage.fine(True)
    return stage


def pixels(picture, value, limit, colour_map="RdBu_r"):
    """How many pixels have the colour of ``value`` on a range from -limit to limit."""
    wanted = np.array(matplotlib.colormaps[colour_map]((value / limit + 1) / 2)[:3]) * 255
    return int((np.abs(picture.astype(float) - wanted).max(axis=-1) <= 2).sum())


def pixels_of(picture, colour):
    """How many pixels have ``colour``, "#rrggbb"."""
    wanted = np.array(matplotlib.colors.to_rgb(colour)) * 255
    return int((np.abs(picture.astype(float) - wanted).max(axis=-1) <= 1).sum())


def cutting(run):
    """Times [s] at which the middle of the slot is being cut at the full feed."""
    s = run.segment
    whole = (s["speed_mm_min"] > 1199.9) & (s["removed_mm3"] > 0)
    return s["time_s"][whole]


def test_the_tool_moves_at_the_feed(run):
    first, last = cutting(run)[[2, -3], 0]
    a, b = tool_at(run, first + 0.01), tool_at(run, last + 0.03)
    assert b.tip[0] - a.tip[0] == pytest.approx(FEED * (last + 0.03 - first - 0.01), abs=1e-6)
    assert (a.tip[1], a.tip[2], a.tool) == (20.0, -2.0, 1)
    assert tool_at(run, -1.0).segment == 0 and tool_at(run, 1e9).tip[2] == 50.0


def test_passes_tell_how_near_the_cutter_came(run):
    under, beside = 25, 30  # X of the tip when its edge comes over a point at X30, and when it is abreast of it
    for point, off, at in (
        ((30, 20, -2), 0.0, under),
        ((30, 25, -1), 0.0, beside),
        ((30, 28, -1), 3.0, beside),
        ((30, 20, -4.5), 2.5, under),
    ):
        passes = passes_at(run, np.array(point, float))
        assert passes.clearance == pytest.approx([off], abs=1e-9)
        assert run.segment["line"][passes.segment] == [6]
        assert tool_at(run, passes.time[0]).tip[0] == pytest.approx(at, abs=1.0)  # half a segment
    assert not passes_at(run, np.array([30.0, 35.0, -1.0])).time.size


def test_what_is_left_of_the_stock(run):
    """Half-way the slot is as long as the tool has come; its volume is what the removal of the run says."""
    stock = RemainingStock(run)
    n = run.toolpath.n_segments
    untouched = stock.heights(0)
    assert np.all(untouched == 0) and stock.to_be_removed(untouched).sum() > 0
    half = int(np.searchsorted(run.segment["end_mm"][:, 0] * (run.segment["line"] == 6), 30.0))
    x, y = stock.grid.centres(0) * 1e3, stock.grid.centres(1) * 1e3
    middle = stock.heights(half)[np.argmin(np.abs(y - 20))] * 1e3
    tip = run.segment["end_mm"][half - 1, 0]
    assert np.all(middle[x < tip + 4.9] == pytest.approx(-2.0, abs=1e-4)) and np.all(middle[x > tip + 5.1] == 0)
    assert np.any(middle[x > tip + 5.1] == 0)
    removed = -stock.heights(n).astype(float).sum() * np.prod(stock.grid.spacing[:2]) * 1e9
    one_cell_wider = 1.01 * 60 * 2 * stock.grid.spacing[1] * 1e3
    assert removed == pytest.approx(run.segment["removed_mm3"].sum(), abs=one_cell_wider)
    assert not stock.to_be_removed(stock.heights(n)).any()
    np.testing.assert_array_equal(stock.heights(half)[np.argmin(np.abs(y - 20))] * 1e3, middle)  # back in time


def test_a_coarser_mesh_keeps_thin_walls_and_area():
    """A plate of 100 x 60 x 0.5 mm in facets of 0.5 mm."""
    plate = pv.Box((0, 100, 0, 60, 0, 0.5), quads=False).subdivide(7, "linear").clean()
    points, faces = np.asarray(plate.points), plate.regular_faces
    kept, facets = coarse_mesh(points, faces, n_facets=20_000)
    assert len(faces) > 150_000 and len(facets) < 30_000
    coarse = pv.PolyData.from_regular_faces(points[kept], facets)
    assert coarse.area == pytest.approx(plate.area, rel=0.01)
    assert coarse.volume == pytest.approx(3000, rel=0.01)
    assert coarse.bounds == pytest.approx(plate.bounds)


@pytest.mark.gl
@pytest.mark.parametrize("fine", [True, False])
def test_colours_equal_the_scalar_bar(alone, fine):
    alone.fine(fine)
    panel = alone.panels[0]
    assert panel.limits == (-50.0, 50.0) and panel.title == "deviation [µm]"
    picture = alone.picture()
    assert min(pixels(picture, 25.0, 50.0), pixels(picture, -50.0, 50.0)) > 5_000
    column = picture[:, 1154].astype(float)  # through the scalar bar
    matches = [np.abs(column - np.array(matplotlib.colormaps["RdBu_r"](v)[:3]) * 255).max(axis=-1).min() for v in
               np.linspace(0.02, 0.98, 40)]  # fmt: skip
    assert max(matches) <= 3


@pytest.mark.gl
def test_every_title_has_its_unit(alone):
    for field, quantity in alone.fields.items():
        alone.colour(field)
        title = alone.panels[0].title
        assert title.endswith("]") and "[" in title, field
        low, high = alone.panels[0].limits
        assert not quantity.symmetric or low == -high


@pytest.mark.gl
def test_limits_hold_still_while_time_runs(alone):
    before = alone.panels[0].limits
    for time in np.linspace(0, alone.run.duration, 5):
        alone.seek(time)
        assert alone.panels[0].limits == before


@pytest.mark.gl
def test_nothing_is_added_again(alone):
    """Whatever is done, the actors and their meshes stay the same objects."""

    def drawn():
        actors = [a for panel in alone.panels for a in panel.renderer.actors.values() if getattr(a, "mapper", None)]
        inputs = [a.GetMapper().GetInputDataObject(0, 0) for a in actors if a.GetMapper().GetNumberOfInputPorts()]
        return [object_.GetAddressAsString("") for object_ in (*actors, *inputs)]

    from twin.view.stage.stage import Section

    alone.seek(1.0)
    before = drawn()
    alone.seek(5.0)
    alone.colour("force_n")
    alone.cut(Section("y", 20.0))
    alone.compare(True)
    alone.colour("power_w")
    alone.pick((30.0, 20.0, -2.0))
    alone.show("path", True)
    alone.show("path", False)
    assert drawn() == before


@pytest.mark.gl
def test_stock_hides_the_part_until_it_is_machined(alone):
    """Before the slot is cut only the rest of the stock is seen on its floor, afterwards its colours."""
    finished = pixels(alone.picture(), -50.0, 50.0)
    alone.seek(0.0)
    assert pixels(alone.picture(), -50.0, 50.0) < 0.05 * finished
    alone.show("stock", False)
    assert pixels(alone.picture(), -50.0, 50.0) > 0.8 * finished
    alone.show("stock", True)


@pytest.mark.gl
def test_a_section_opens_the_part(alone):
    from twin.view.stage.stage import Section

    centre = alone.pick_at(640, 400).point
    alone.cut(Section("y", 20.0))
    alone.picture()
    below = [alone.pick_at(x, 380) for x in (500, 640, 760)]
    assert all(p is None or p.point[1] > 19.5 for p in below)
    alone.cut(Section("z", -1.0))  # only what lies lower is left
    alone.picture()
    renderer = alone.panels[0].renderer
    renderer.SetWorldPoint(30.0, 20.0, -2.0, 1.0)
    renderer.WorldToDisplay()
    slot = renderer.GetDisplayPoint()[:2]
    assert alone.pick_at(*slot).point[2] == pytest.approx(-2.0, abs=1e-3)
    alone.cut(Section("z", -2.5))  # the inside of the part, of which nothing is known
    alone.picture()
    assert alone.pick_at(*slot) is None
    alone.cut(None)
    assert alone.pick_at(640, 400).point == pytest.approx(centre)


@pytest.mark.gl
def test_the_mark_goes_with_what_a_section_takes_away(alone):
    from twin.view.stage.stage import MARK, Section

    alone.pick((30.0, 20.0, -2.0))
    seen = {}
    for place in (None, Section("x", 20.0), Section("x", 40.0)):
        alone.cut(place)
        seen[place] = pixels_of(alone.picture(), MARK)
    alone.cut(None)
    assert seen[Section("x", 40.0)] == 0
    assert min(seen[None], seen[Section("x", 20.0)]) > 20


def filled(actor):
    """Area of what an actor draws [mm2]."""
    actor.mapper.Update()
    return pv.wrap(actor.mapper.GetInput()).area


@pytest.mark.gl
def test_a_section_shows_the_inside_of_part_and_stock(alone):
    """Across the slot of 10 x 2 mm in 40 x 20 mm; before it is cut its place is filled by the stock."""
    from twin.view.stage.stage import Section

    alone.cut(Section("x", 30.0))
    assert filled(alone.panels[0]._cap) == pytest.approx(40 * 20 - 10 * 2, rel=1e-3)
    alone.fine(False)
    assert filled(alone.panels[0]._cap) == pytest.approx(40 * 20 - 10 * 2, rel=1e-3)
    inside = pixels_of(alone.picture(), CUT)
    assert inside > 5_000
    alone.seek(0.0)
    cell = float(alone.machining._remaining.grid.spacing[1]) * 1e3
    assert filled(alone.machining._cap) == pytest.approx(10 * 2, abs=2 * 2 * cell)
    alone.cut(Section("z", -1.0))
    assert filled(alone.machining._cap) == pytest.approx(10 * 60, abs=60 * 2 * cell)
    assert pixels_of(alone.picture(), STOCK_CUT) > 2_000
    alone.cut(None)
    assert pixels_of(alone.picture(), CUT) + pixels_of(alone.picture(), STOCK_CUT) == 0


@pytest.mark.gl
def test_a_picked_point_tells_its_numbers(alone):
    picked = alone.pick((30.0, 20.0, -2.0))
    surface = alone.run.result["surface"]
    row = int(np.argmin(np.linalg.norm(surface["position_mm"].values - [30, 20, -2], axis=1)))
    told = {(r.name, r.unit): r for r in picked.rows}
    assert told["deviation", "µm"].values[0] == pytest.approx(float(surface["deviation_um"][row]))
    assert told["- deflection", "µm"].values[0] == pytest.approx(float(surface["contribution_um"][row, 3]))
    assert told["feed", "mm/min"].values[0] == 1200 and told["spindle", "rpm"].values[0] == 8000
    assert told["engaged angle", "°"].values[0] == pytest.approx(180, abs=3)  # a full slot
    assert (picked.line, picked.line_text) == (6, "G1 X70 F1200")
    assert picked.force == [alone.run.segment["force_peak_n"][picked.passes.segment[0]]]
    assert len(told["deviation", "µm"].values) == 2  # of both runs


@pytest.mark.gl
def test_the_mouse_picks_and_turns(alone):
    """A click picks what lies under it; while a drag turns the view it is drawn in less detail."""
    alone.listen()
    mouse = alone.plotter.iren.interactor
    told = []
    alone.on_pick = told.append
    mouse.SetEventInformation(640, 400)
    mouse.InvokeEvent("LeftButtonPressEvent")
    mouse.InvokeEvent("LeftButtonReleaseEvent")
    assert len(told) == 1 and told[0].point == pytest.approx(alone.pick_at(640, 400).point)
    mouse.InvokeEvent("LeftButtonPressEvent")
    mouse.SetEventInformation(700, 420)
    mouse.InvokeEvent("MouseMoveEvent")
    assert not alone.panels[0].fine
    mouse.InvokeEvent("LeftButtonReleaseEvent")
    assert alone.panels[0].fine and len(told) == 2  # the drag picked nothing
    alone.reset_camera()


@pytest.mark.gl
def test_two_runs_and_their_difference(stage):
    """B minus A is what was made up of A, taken from what the run really has."""
    stage.compare(True)
    stage.colour("deviation_um")
    a, b, difference = stage.compared.values("deviation_um")
    made_up = np.where(stage.run.part.points[:, 0] < 30, 25.0, -50.0)
    made_up[np.isnan(b)] = np.nan
    np.testing.assert_allclose(a, made_up)
    np.testing.assert_allclose(difference, b - made_up, atol=1e-4)
    assert stage.panels[0].limits == stage.panels[1].limits == (-50.0, 50.0)
    assert stage.panels[2].title == "difference, deviation [µm]"
    picture = stage.picture()
    third = picture.shape[1] // 3
    assert pixels(picture[:, :third], 25.0, 50.0) > 500 and pixels(picture[:, third : 2 * third], 25.0, 50.0) < 50


@pytest.fixture(scope="module")
def measured(small_run, tmp_path_factory):
    """The run with one feature, the floor of the slot: predicted 4 um too low, measured 10 um too low."""
    import xarray as xr
    import yaml

    from twin.result import dataset

    folder = tmp_path_factory.mktemp("measured") / "run"
    shutil.copytree(small_run, folder)
    features = folder / "features.yaml"
    features.write_text("- {kind: plane, name: floor, centre_mm: [30, 20, -2], normal: [0, 0, 1], size_mm: [60, 9]}\n")
    config = yaml.safe_load((folder / "config.yaml").read_text())
    config["scenario"]["features"] = str(features)
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    result = load(folder)
    groups = {name: result[name].load() for name in ("segments", "surface", "thermal")}
    groups["features"] = dataset(
        "feature",
        {
            "name": (np.array(["floor"]), "1", ""),
            "characteristic": (np.array(["height"]), "1", ""),
            "nominal_mm": (np.array([-2.0]), "mm", ""),
            "predicted_mm": (np.array([-2.004]), "mm", ""),
            "measured_mm": (np.array([[-2.008, -2.012]]), "mm", "", ("laboratory",)),
        },
        laboratory=["one", "other"],
    )
    tree = xr.DataTree.from_dict(groups)
    tree.attrs.update(result.tree.attrs)
    result.tree.close()
    Result(tree).save(folder)
    return load_run(folder)


def test_twin_measured_and_difference_on_a_feature(measured):
    from twin.view.stage.compared import comparison

    compared = comparison(measured, None)
    assert list(compared.fields) == ["height"] and compared.fields["height"].title == "error of height [µm]"
    on = np.abs(measured.part.points[:, 2] + 2.0) < 0.01
    on &= np.abs(measured.part.points[:, 1] - 20) < 4
    on &= np.abs(measured.part.points[:, 0] - 30) < 25
    for shown, expected in zip(compared.values("height"), (-4.0, -10.0, 6.0), strict=True):
        assert on.sum() > 100
        np.testing.assert_allclose(shown[on], expected, atol=1e-3)
        assert np.isnan(shown[measured.part.points[:, 2] > -0.5]).all()


@pytest.fixture(scope="module")
def recorded(small_run, tmp_path_factory):
    """The run with a recording in which each piece of the slot asks 3 N less than predicted along X."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tmp_path_factory.mktemp("recorded") / "run"
    shutil.copytree(small_run, folder)
    run = load_run(folder)
    predicted = np.arange(len(run.segment["line"])) - 5.0
    table = pa.table({"measured.force_x_n": predicted - 3.0, "predicted.force_x_n": predicted})
    channels = json.dumps([{"name": "force_x_n", "unit": "N"}])
    told = {"channels": channels, "said": "controller in the loop: no metal was cut", "recording": "bench.arrows"}
    pq.write_table(table.replace_schema_metadata(told), folder / "recorded_path.parquet")
    return run, predicted


@pytest.mark.gl
def test_a_recording_along_the_path(recorded):
    """The surface has the value of the piece that made it; the layer `path` shows every piece."""
    from twin.view.stage.stage import Stage

    run, predicted = recorded
    stage = Stage(run)
    stage.compare(True)
    assert stage.compared.names[1].startswith("bench.arrows") and stage.fields["force_x_n"].title == "force x [N]"
    a, b, difference = stage.compared.values("force_x_n")
    made = np.isfinite(run.part.point_data["time_s"])
    assert made.sum() > 100 and np.isnan(difference[~made]).all()
    np.testing.assert_allclose(difference[made], 3.0, atol=1e-5)
    maker = [np.argmin(np.abs(run.segment["time_s"][:, 1] - t)) for t in run.part.point_data["time_s"][made]]
    np.testing.assert_allclose(a[made], predicted[maker], atol=1e-4)
    assert not stage.panels[0]._path.visibility
    stage.show("path", True)
    drawn = stage.panels[2]._path.mapper.dataset
    assert drawn.n_cells == np.count_nonzero(~run.segment["rapid"].astype(bool)) > 10
    np.testing.assert_allclose(drawn.cell_data["shown"], 3.0, atol=1e-5)
    assert pixels(stage.picture(), 3.0, stage.panels[2].limits[1]) > 100
    stage.plotter.close()


def test_a_run_without_measurements_is_compared_with_nothing(run):
    from twin.view.stage.compared import comparison

    assert comparison(run, None) is None


@pytest.mark.gl
def test_a_stock_that_is_gone_is_one_clear_error(alone):
    gone = replace(alone.run, config=json.loads(json.dumps(alone.run.config)))
    gone.config["scenario"]["stock"] = {"kind": "mesh", "file": "gone.stl"}
    with pytest.raises(InputError, match="stock of the run is not to be had"):
        RemainingStock(gone)


@pytest.mark.parametrize(
    ("limits", "labels"),
    [
        ((0, 5), ["0.00", "1.25", "2.50", "3.75", "5.00"]),
        ((0, 50), ["0.0", "12.5", "25.0", "37.5", "50.0"]),
        ((-50, 50), ["-50", "-25", "0", "25", "50"]),
        ((0, 0.8), ["0.0", "0.2", "0.4", "0.6", "0.8"]),
        ((-1, 1), ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
        ((-0.002, 0.002), ["-0.002", "-0.001", "0.000", "0.001", "0.002"]),
    ],
)
def test_the_labels_of_a_scalar_bar_are_true(limits, labels):
    assert [bar_format(limits) % value for value in np.linspace(*limits, 5)] == labels
