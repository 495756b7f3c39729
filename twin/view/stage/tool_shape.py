"""Meshes of a cutter and of what holds it, from the tool list."""

import numpy as np
import pyvista as pv

from twin.machine.tool import Tool
from twin.units import MM

N_AROUND = 48  # corners of a circle
N_ARC = 12  # pieces of the corner arc


def cutter_outline(tool: Tool) -> np.ndarray:
    """Radius and height above the tip (point, 2) [m] of what the cutting edges sweep, from the axis upwards."""
    p = tool.profile
    angle = np.linspace(0.0, np.pi / 2 - p.half_angle, N_ARC) if p.corner else np.zeros(1)
    arc = np.stack([p.disk + p.corner * np.sin(angle), p.corner * (1 - np.cos(angle))], axis=1)
    top = max(tool.flute_length, tool.tip_height)
    return np.concatenate([[[0.0, 0.0]], arc, [[tool.radius, tool.tip_height], [tool.radius, top], [0.0, top]]])


def holder_outline(tool: Tool) -> np.ndarray:
    """Radius and height above the tip (point, 2) [m] of shank and holder, from the flutes upwards."""
    shank = (tool.shank_diameter or tool.diameter) / 2
    height = max(tool.flute_length, tool.tip_height)
    rows = [(0.0, height), (shank, height), (shank, max(tool.stick_out, height))]
    height = tool.stick_out
    for section in tool.holder:
        rows += [(section.diameter_lower / 2, height), (section.diameter_upper / 2, height + section.length)]
        height += section.length
    return np.array([*rows, (0.0, rows[-1][1])])


def revolved(outline: np.ndarray) -> pv.PolyData:
    """Body of revolution about +Z through the origin, in mm."""
    angle = np.linspace(0, 2 * np.pi, N_AROUND, endpoint=False)
    radius, height = outline.T / MM
    ring = np.stack([np.cos(angle), np.sin(angle), np.zeros(N_AROUND)], axis=1)
    points = radius[:, None, None] * ring + height[:, None, None] * [0.0, 0.0, 1.0]
    index = np.arange(len(outline) * N_AROUND).reshape(len(outline), N_AROUND)
    right = np.roll(index, -1, axis=1)
    quads = np.stack([index[:-1], right[:-1], right[1:], index[1:]], axis=-1).reshape(-1, 4)
    return pv.PolyData.from_regular_faces(points.reshape(-1, 3), quads)


def pose_at(tip: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """(4, 4) that takes a tool upright in the origin to its ``tip`` (3,) and ``axis`` (3,)."""
    across = np.cross(np.eye(3)[np.argmin(np.abs(axis))], axis)
    across /= np.linalg.norm(across)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([across, np.cross(axis, across), axis], axis=1)
    pose[:3, 3] = tip
    return pose
