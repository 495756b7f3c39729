"""Drawing of a cutter: side view beside its unrolled edges, view from below, chip load over a revolution."""

from collections.abc import Sequence
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib
import numpy as np

from twin.cutting.discretised import DiscretisedEdge, chip_area, discretise
from twin.cutting.discretised.edge import profile_radius
from twin.machine.tool import Tool
from twin.units import DEG, MM, UM

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

N_ELEMENTS, N_WAVE = 200, 24  # edge elements, and at least so many on a wave of a serrated edge
N_ROTATIONS = 361
STEEL, FLUTE, HOLDER = "#c9ced6", "#e4e8ee", "#9aa3b0"


def draw_cutter(tool: Tool, file: Path, per_tooth: float, depth: float) -> None:
    """Write a PNG of ``tool``, with the chip that each tooth takes in a slot.

    Args:
        tool: to draw.
        file: of the picture.
        per_tooth: feed per tooth [m] (of a drill: down; else across).
        depth: of the slot [m].
    """
    edge = discretise(tool, tool.flute_length, _n_elements(tool, tool.flute_length))
    figure = plt.figure(figsize=(12, 8), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(1, 1.25), height_ratios=(1.25, 1))
    side = figure.add_subplot(grid[0, 0])
    side_view(side, tool)
    _unrolled(figure.add_subplot(grid[0, 1]), tool, edge)
    _from_below(figure.add_subplot(grid[1, 0]), tool, edge, depth)
    _chip_load(figure.add_subplot(grid[1, 1]), tool, per_tooth, depth)
    figure.suptitle(f"T{tool.number}  {tool.name}")
    partial = file.with_name(f".{file.stem}.partial.png")
    figure.savefig(partial, dpi=110)
    plt.close(figure)
    partial.replace(file)


def dimensions(tool: Tool) -> list[tuple[str, str, str]]:
    """Name, value and unit of what the catalogue says, for a table; what the tool does not have is left out."""
    angles = {
        "helix": tool.tooth_helix or (tool.helix,),
        "rake": (tool.rake,),
        "lead angle": (tool.lead_angle,),
        "taper half angle": (tool.taper_angle,),
        "point angle": (tool.point_angle,),
        "pitch": tool.pitch or (2 * np.pi / tool.n_teeth,),
        "runout direction": (tool.runout_angle,) if tool.runout else (),
        "runout tilt": (tool.runout_tilt,),
    }
    lengths = {
        "diameter": (tool.diameter, MM, "mm"),
        "tip diameter": (tool.tip_diameter, MM, "mm"),
        "corner radius": (tool.corner_radius, MM, "mm"),
        "flute length": (tool.flute_length, MM, "mm"),
        "stick-out": (tool.stick_out, MM, "mm"),
        "shank diameter": (tool.shank_diameter, MM, "mm"),
        "height of the full diameter": (tool.tip_height, MM, "mm"),
        "serration wavelength": (tool.serration_wavelength, MM, "mm"),
        "serration amplitude": (tool.serration_amplitude, MM, "mm"),
        "runout": (tool.runout, UM, "µm"),
    }
    rows = [("kind", tool.kind, ""), ("teeth", str(tool.n_teeth), "")]
    rows += [(name, f"{value / unit:g}", text) for name, (value, unit, text) in lengths.items() if value]
    rows += [(name, " ".join(f"{a / DEG:.4g}" for a in values), "°") for name, values in angles.items() if any(values)]
    return rows


def _n_elements(tool: Tool, height: float) -> int:
    waves = height / tool.serration_wavelength if tool.serration_wavelength else 0.0
    return max(N_ELEMENTS, int(np.ceil(N_WAVE * waves)))


def _colours(tool: Tool) -> Sequence[tuple[float, ...]]:
    return [plt.get_cmap("tab10")(k % 10) for k in range(tool.n_teeth)]


def side_view(axes: Axes, tool: Tool) -> None:
    """Swept body, shank and holder to scale."""
    z = np.unique(np.concatenate([np.linspace(0, tool.flute_length, 200), [min(tool.tip_height, tool.flute_length)]]))
    radius = np.asarray(profile_radius(tool.profile, tool.radius, z))
    outline = np.concatenate([[0.0], radius]), np.concatenate([[0.0], z])
    axes.fill_betweenx(outline[1] / MM, -outline[0] / MM, outline[0] / MM, color=FLUTE, ec="black", lw=0.8)
    shank = (tool.shank_diameter or tool.diameter) / 2 / MM
    above = (tool.flute_length / MM, tool.stick_out / MM)
    axes.fill_betweenx(above, -shank, shank, color=STEEL, ec="black", lw=0.8)
    foot = tool.stick_out / MM
    for section in tool.holder[:1]:
        top = foot + min(section.length, 0.4 * tool.stick_out) / MM
        lower = section.diameter_lower / 2 / MM
        axes.fill_betweenx((foot, top), -lower, lower, color=HOLDER, ec="black", lw=0.8)
    axes.axvline(0, color="black", lw=0.6, ls="-.")
    axes.set_aspect("equal", adjustable="datalim")
    axes.set(title="side view: what the tool sweeps, shank, holder", xlabel="mm", ylabel="height above the tip [mm]")


def _unrolled(axes: Axes, tool: Tool, edge: DiscretisedEdge) -> None:
    """Angle of every edge over height: the helix as it climbs; waves of a serrated edge drawn five times as deep."""
    below = np.asarray(edge.radius - jnp.max(edge.radius, axis=0, keepdims=True)) if tool.serration_wavelength else None
    for tooth, colour in enumerate(_colours(tool)):
        angle = np.asarray(edge.trail[tooth, :-1]) / DEG
        wave = 0.0 if below is None else 5 * below[tooth, :-1] / tool.radius / DEG
        axes.plot(angle + wave, np.asarray(edge.z[tooth, :-1]) / MM, color=colour, lw=1.6, label=f"tooth {tooth}")
    note = " (serration five times as deep)" if tool.serration_wavelength else ""
    axes.set(title=f"unrolled edges{note}", xlabel="angle behind the tip of tooth 0 [°]", ylabel="height [mm]")
    axes.legend(frameon=False, fontsize=8, ncols=2, loc="upper left")
    axes.margins(y=0.02)
    axes.set_ylim(top=tool.flute_length / MM * (1.12 + 0.07 * (tool.n_teeth // 2)))
    axes.grid(alpha=0.3)


def _from_below(axes: Axes, tool: Tool, edge: DiscretisedEdge, depth: float) -> None:
    """Edges up to ``depth`` seen from the workpiece: M3 turns against the clock, so followers lie clockwise."""
    unit = tool.radius / MM
    round_ = np.linspace(0, 2 * np.pi, 200)
    for radius, style in ((unit, "-"), (float(edge.rise[0, -1]) / MM, ":")):
        axes.plot(radius * np.cos(round_), radius * np.sin(round_), color="grey", lw=0.8, ls=style)
    low = np.asarray(edge.z[0, :-1]) <= depth
    for tooth, colour in enumerate(_colours(tool)):
        tip = np.pi / 2 - float(edge.trail[tooth, -1])
        angle = np.append(tip, np.pi / 2 - np.asarray(edge.trail[tooth, :-1])[low])
        reach = np.append(float(edge.rise[tooth, -1]), np.asarray(edge.radius[tooth, :-1])[low]) / MM
        if tool.kind == "drill":
            angle, reach = angle[1:], reach[1:]  # its lips begin at the chisel edge
        elif reach[0] > 0:
            axes.plot([0, reach[0] * np.cos(tip)], [0, reach[0] * np.sin(tip)], color=colour, lw=2)
        axes.plot(reach * np.cos(angle), reach * np.sin(angle), color=colour, lw=2)
        axes.text(1.15 * unit * np.cos(tip), 1.15 * unit * np.sin(tip), str(tooth), ha="center", va="center")
    start, stop = ((1.3 * unit * np.cos(a), 1.3 * unit * np.sin(a)) for a in np.radians([25, 65]))
    axes.annotate("", stop, start, arrowprops={"arrowstyle": "->", "connectionstyle": "arc3,rad=0.2"})
    axes.set(xlim=(-1.5 * unit, 1.5 * unit), ylim=(-1.4 * unit, 1.4 * unit), xlabel="mm", ylabel="mm")
    axes.set_aspect("equal")
    axes.set_title(f"edges up to {depth / MM:g} mm from below; the arrow is the sense of M3")


def _chip_load(axes: Axes, tool: Tool, per_tooth: float, depth: float) -> None:
    """Mean thickness of the chip where each tooth cuts, over one revolution of a slot (a drill: of its hole)."""
    depth = min(depth, tool.flute_length)
    drill = tool.kind == "drill"
    edge = discretise(tool, depth, _n_elements(tool, depth))
    rotation = np.linspace(0, 2 * np.pi, N_ROTATIONS)
    feed = tool.n_teeth * per_tooth * jnp.asarray([0.0, 1.0] if drill else [1.0, 0.0])

    def of_teeth(angle: jax.Array) -> jax.Array:
        sine = jnp.sin(angle - edge.trail)
        area = jnp.where((sine > 0) | drill, chip_area(edge, feed, sine), 0.0)
        length = jnp.sum(jnp.where(area > 0, edge.width, 0.0), axis=1)
        return jnp.sum(jnp.clip(area, 0.0, None), axis=1) / jnp.where(length > 0, length, 1.0)

    thickness = np.asarray(jax.lax.map(of_teeth, jnp.asarray(rotation))) / UM
    for tooth, colour in enumerate(_colours(tool)):
        axes.plot(rotation / DEG, thickness[:, tooth], color=colour, lw=1.5)
    where = "a hole" if drill else f"a slot {depth / MM:g} mm deep"
    axes.set(
        title=f"chip thickness where each tooth cuts: {where}, {per_tooth / MM:g} mm a tooth",
        xlabel="rotation of the spindle [°]",
        ylabel="mean thickness [µm]",
        xlim=(0, 360),
        ylim=(0, None),
        xticks=range(0, 361, 45),
    )
    axes.grid(alpha=0.3)
