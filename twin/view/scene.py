"""The part in 3D, coloured by a predicted quantity."""

from pathlib import Path

import numpy as np
import pyvista as pv

from twin.errors import InputError
from twin.view.quantity import NOT_KNOWN, QUANTITIES, bar_format, colour_limits, limits_of

VIEW_FROM = (-0.55, -1.0, 1.1)  # from the operator's left, steep enough to see floors


def load_part(run: Path) -> pv.PolyData:
    """The machined part of a run folder, lengths in mm.

    Raises:
        InputError: the folder holds no finished run.
    """
    file = run / "part.vtp"
    if not file.is_file():
        raise InputError("no part.vtp: not a finished run", file=run, remedy="name a folder that `twin results` lists")
    part = pv.read(file)
    assert isinstance(part, pv.PolyData)
    return part


def part_scene(
    part: pv.PolyData,
    field: str = "deviation_um",
    *,
    title: str = "",
    limit: float | None = None,
    same_limits: bool = False,
) -> pv.Plotter:
    """A plotter with the part coloured by ``field``.

    Colours equal the scalar bar: no lighting, no multisampling; the shape is drawn by its edges.

    Args:
        part: as :func:`load_part` returns it.
        field: a key of :data:`QUANTITIES` that the part carries.
        title: first line of the picture.
        limit: end of the colour range in the field's unit; None: the 98th percentile, rounded up.
        same_limits: one range for the deviation and for all its sources, that of the widest.
    """
    carried = carried_fields(part)
    if field not in carried:
        raise InputError(f"the part carries no '{field}'", remedy="known: " + ", ".join(carried))
    quantity = QUANTITIES[field]
    if same_limits and limit is None and field in deviation_fields(part):
        limit = common_limit(part)
    limits = limits_of(quantity, part.point_data[field], limit)
    pv.global_theme.multi_samples = 0
    plotter = pv.Plotter(off_screen=True, window_size=[1280, 800])
    plotter.set_background("white")
    actor = plotter.add_mesh(
        part,
        scalars=field,
        cmap=quantity.colour_map,
        clim=limits,
        lighting=False,
        nan_color=NOT_KNOWN,
        show_scalar_bar=False,
        interpolate_before_map=True,
    )
    plotter.add_mesh(part.extract_feature_edges(30, manifold_edges=False), color="#303030", line_width=1.0)
    plotter.add_scalar_bar(
        mapper=actor.mapper,
        title=" ",
        vertical=True,
        fmt=bar_format(limits),
        n_labels=5,
        color="black",
        title_font_size=18,
        label_font_size=16,
        position_x=0.89,
        position_y=0.15,
        height=0.7,
        width=0.06,
    )
    said = plotter.add_text(quantity.title, position=(0.985, 0.9), viewport=True, font_size=10, color="black")
    said.prop.justification_horizontal = "right"
    if title:
        plotter.add_text(title, position="upper_left", font_size=11, color="black")
    if np.isnan(part.point_data[field]).any():
        plotter.add_text("grey: not machined", position="lower_right", font_size=8, color="#606060")
    plotter.add_axes(color="black")
    plotter.view_vector(VIEW_FROM, viewup=(0, 0, 1))
    plotter.reset_camera(bounds=part.bounds)
    plotter.camera.zoom(1.1)
    return plotter


def carried_fields(part: pv.PolyData) -> list[str]:
    """Quantities of the part that can be shown, in their order."""
    return [name for name in QUANTITIES if name in part.point_data]


def deviation_fields(part: pv.PolyData) -> list[str]:
    """The deviation, then what each source of error contributes to it."""
    return [name for name in carried_fields(part) if name.startswith("deviation_")]


def common_limit(part: pv.PolyData) -> float:
    """End of one colour range [µm] for the deviation and all its sources."""
    return max(colour_limits(part.point_data[name], True, None)[1] for name in deviation_fields(part))


def sources_scene(part: pv.PolyData) -> pv.Plotter:
    """The deviation and each of its sources side by side, all with the same colours."""
    names = deviation_fields(part)
    if not names:
        raise InputError("the part carries no deviation", remedy="name the folder of a run")
    limit, columns = common_limit(part), min(3, len(names))
    rows = -(-len(names) // columns)
    pv.global_theme.multi_samples = 0
    plotter = pv.Plotter(off_screen=True, shape=(rows, columns), border=False, window_size=[400 * columns, 300 * rows])
    plotter.set_background("white")
    edges = part.extract_feature_edges(30, manifold_edges=False)
    for place, name in enumerate(names):
        plotter.subplot(place // columns, place % columns)
        quantity = QUANTITIES[name]
        actor = plotter.add_mesh(
            part.copy(deep=False),
            scalars=name,
            cmap=quantity.colour_map,
            clim=(-limit, limit),
            lighting=False,
            nan_color=NOT_KNOWN,
            show_scalar_bar=False,
            interpolate_before_map=True,
        )
        plotter.add_mesh(edges, color="#303030", line_width=0.7)
        plotter.add_text(quantity.title, position="upper_left", font_size=9, color="black")
        plotter.add_scalar_bar(
            mapper=actor.mapper,
            title=" " * (place + 1),  # VTK takes bars of one title for one bar
            fmt="%.0f",
            n_labels=3,
            color="black",
            title_font_size=1,
            label_font_size=12,
            position_x=0.2,
            position_y=0.0,
            width=0.6,
            height=0.1,
        )
        plotter.view_vector(VIEW_FROM, viewup=(0, 0, 1))
        plotter.reset_camera(bounds=part.bounds)
        plotter.camera.zoom(1.1)
    return plotter
