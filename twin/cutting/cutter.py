"""Cutting tools as stacked arrays: profile, helix, pitch and runout, one row a tool."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jax.tree_util import register_dataclass

from twin.compiled import Array
from twin.errors import InputError
from twin.machine.tool import Tool


@register_dataclass
@dataclass(frozen=True)
class Cutters:
    """The tools of a program. Teeth are numbered in the order in which they pass; missing teeth have share 0.

    The profile is that of an APT cutter: a flat disk of radius ``disk``, a corner arc, a cone, a cylinder.
    """

    radius: Array  # (tool,) [m] largest cutting radius
    disk: Array  # (tool,) [m] radius of the flat bottom, and of the corner arc's centre
    corner: Array  # (tool,) [m] radius of the corner arc
    tangent_radius: Array  # (tool,) [m] where the arc meets the cone
    tangent_height: Array  # (tool,) [m]
    cone: Array  # (tool,) dr/dz of the cone
    web: Array  # (tool,) [m] half the length of a drill's chisel edge; else 0
    lag: Array  # (tool,) [rad/m] angle by which the edge of tooth 0 trails its tip, per height
    more_lag: Array  # (tool, tooth) [rad/m] lag of each tooth less that of tooth 0
    hand: Array  # (tool,) sign of the axial force: 1 right-hand helix, -1 left-hand, 0 straight edges and drills
    position: Array  # (tool, tooth) [rad] by which each tooth trails tooth 0
    cut_share: Array  # (tool, tooth) part of a revolution since the tooth before it; 0 beyond the last tooth
    runout: Array  # (tool,) [m] offset of the tool axis at the tip
    runout_angle: Array  # (tool,) [rad] its direction, from tooth 0 towards the teeth that follow
    tilt: Array  # (tool,) [rad] of the tool axis
    tilt_angle: Array  # (tool,) [rad] direction in which it leans away from the tip
    wave_height: Array  # (tool,) [m] amplitude of a serrated edge; 0: smooth
    wave_number: Array  # (tool,) [rad/m] of the serration along the axis
    wave_phase: Array  # (tool, tooth) [rad] by which the wave of each tooth is shifted up the tool
    previous: Array  # (tool, back, tooth) int: tooth that passed ``back + 1`` teeth earlier
    previous_share: Array  # (tool, back, tooth) part of a revolution since then
    number: tuple[int, ...] = field(metadata={"static": True})  # T words, one a row
    has_runout: bool = field(metadata={"static": True})  # or serration. False: the tooth before is the last that cut
    alike: bool = field(metadata={"static": True})  # even pitch and helix, no runout: force repeats with every tooth
    like_helix: bool = field(metadata={"static": True})  # of all teeth of each tool
    fewest_teeth: int = field(metadata={"static": True})  # of any tool
    serrated: tuple[tuple[int, Tool], ...] = field(metadata={"static": True})  # rows of serrated tools

    @property
    def n_teeth(self) -> int:
        """Teeth of the tool that has most."""
        return self.position.shape[-1]


def cutters(tools: Sequence[Tool]) -> Cutters:
    """Return the arrays of ``tools``.

    Raises:
        InputError: no tool, a tool without teeth, a pitch that does not add up to a turn, left and right helix on
            one tool.
    """
    if not tools:
        raise InputError("no cutting tool given", remedy="add the program's tools to the tool list")
    n_teeth = max(tool.n_teeth for tool in tools)
    rows = [_row(tool, n_teeth) for tool in tools]
    arrays = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    serrated = tuple((row, tool) for row, tool in enumerate(tools) if tool.serration_wavelength)
    has_runout = any((tool.runout or tool.runout_tilt) and tool.n_teeth > 1 for tool in tools) or bool(serrated)
    like_helix = not any(np.ptp(tool.tooth_helix or (0,)) > 0 for tool in tools)
    return Cutters(
        **arrays,
        number=tuple(tool.number for tool in tools),
        has_runout=has_runout,
        like_helix=like_helix,
        alike=not has_runout and like_helix and not any(np.ptp(tool.pitch or (0,)) > 0 for tool in tools),
        fewest_teeth=min(tool.n_teeth for tool in tools),
        serrated=serrated,
    )


def _row(tool: Tool, n_teeth: int) -> dict[str, np.ndarray | float]:
    if tool.n_teeth < 1:
        raise InputError(f"tool T{tool.number} '{tool.name}' has no teeth", remedy="correct the tool list")
    pitch = np.array(tool.pitch or [2 * np.pi / tool.n_teeth] * tool.n_teeth)
    if np.any(pitch <= 0) or abs(pitch.sum() - 2 * np.pi) > 1e-6:
        raise InputError(
            f"tool T{tool.number} '{tool.name}': the pitch angles add up to {np.degrees(pitch.sum()):g} degrees",
            remedy="give positive angles that add up to 360 degrees",
        )
    previous, share = _previous(pitch, n_teeth)
    helix = np.array(tool.tooth_helix or [tool.helix] * tool.n_teeth)
    if helix.min() < 0 < helix.max():
        raise InputError(
            f"tool T{tool.number} '{tool.name}' has left and right helix",
            remedy="give all teeth one hand",
        )
    profile = tool.profile
    drill = tool.kind == "drill"
    padding = (0, n_teeth - tool.n_teeth)
    phase = np.array(tool.serration_phase or 2 * np.pi * np.arange(tool.n_teeth) / tool.n_teeth)
    return {
        "radius": tool.radius,
        "disk": profile.disk,
        "corner": profile.corner,
        "tangent_radius": profile.tangent_radius,
        "tangent_height": profile.tangent_height,
        "cone": np.tan(profile.half_angle),
        "web": tool.web_ratio * tool.radius if drill else 0.0,
        "lag": 0.0 if drill else np.tan(helix[0]) / tool.radius,
        "more_lag": np.pad(0.0 * helix if drill else (np.tan(helix) - np.tan(helix[0])) / tool.radius, padding),
        "hand": 0.0 if drill else float(np.sign(helix[0])),
        "position": np.pad(np.concatenate([[0.0], np.cumsum(pitch)[:-1]]), padding),
        "cut_share": np.pad(np.roll(pitch, 1) / (2 * np.pi), padding),
        "runout": tool.runout,
        "runout_angle": tool.runout_angle,
        "tilt": tool.runout_tilt,
        "tilt_angle": tool.runout_tilt_angle,
        "wave_height": tool.serration_amplitude,
        "wave_number": 2 * np.pi / tool.serration_wavelength if tool.serration_wavelength else 0.0,
        "wave_phase": np.pad(phase, padding, constant_values=phase[0]),
        "previous": previous,
        "previous_share": share,
    }


def _previous(pitch: np.ndarray, n_teeth: int) -> tuple[np.ndarray, np.ndarray]:
    """Tooth and part of a revolution, 1..n_teeth passes back (back, tooth); a whole revolution at most."""
    teeth, back = np.arange(len(pitch)), np.minimum(np.arange(1, n_teeth + 1), len(pitch))[:, None]
    previous = (teeth - back) % len(pitch)
    start = np.concatenate([[0.0], np.cumsum(pitch)[:-1]])
    angle = (start[teeth] - start[previous]) % (2 * np.pi)
    share = np.where(back == len(pitch), 1.0, angle / (2 * np.pi))
    padding = ((0, 0), (0, n_teeth - len(pitch)))
    return np.pad(previous, padding), np.pad(share, padding)
