"""A tool as the theory of chatter sees it, and what that view leaves out."""

import numpy as np

from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.discretised.edge import profile_radius
from twin.cutting.dynamics.modes import Modes
from twin.cutting.stability.milling import Milling
from twin.machine.tool import Tool

ROUND = ("ball", "bull", "taper")  # kinds whose edge changes direction with height
LEAST_KAPPA = np.radians(5)


def milling_of_tool(tool: Tool, coefficients: CuttingCoefficients, modes: Modes | None, depth: float) -> Milling:
    """The full slot of ``tool``: teeth, coefficients, direction of its edge.

    Args:
        tool: of the program.
        coefficients: of the workpiece material.
        modes: of the tool tip.
        depth: [m] of the cuts in question; a round edge counts by its mean direction up to there.
    """
    k = coefficients
    hand = 0.0 if tool.kind == "drill" else float(np.sign((tool.tooth_helix or (tool.helix,))[0]))
    return Milling(
        modes=modes,
        n_teeth=tool.n_teeth,
        pitch=tool.pitch,
        ktc=float(k.ktc),
        krc=float(k.krc),
        kac=hand * float(k.kac),
        kappa=edge_direction(tool, depth),
        radius=tool.radius,
    )


def edge_direction(tool: Tool, depth: float) -> float:
    """Angle kappa between the tool axis and the normal of the cut surface, mean up to ``depth`` [m] (rad).

    pi/2 on a cylinder, 45 degrees on a face mill of that lead angle.
    """
    low, high = (float(profile_radius(tool.profile, tool.radius, np.array([z]))[0]) for z in (0.0, depth))
    return max(float(np.arctan2(depth, high - low)), LEAST_KAPPA)


def unmodelled(tool: Tool) -> tuple[str, ...]:
    """What the chatter margin, the surface error and the deflection of ``tool`` leave out, one sentence each."""
    name = f"T{tool.number} '{tool.name}'"
    found = []
    if tool.tooth_helix and np.ptp(tool.tooth_helix) > 0:
        found.append(
            f"{name}: chatter knows its pitch at the tip, not how its unlike helix changes the pitch with height; "
            "its deflection is that at the passes of tooth 0"
        )
    elif tool.pitch and np.ptp(tool.pitch) > 0:
        found.append(f"{name}: its deflection is that at the passes of tooth 0, one of several unlike teeth")
    if tool.serration_wavelength:
        found.append(f"{name}: chatter takes its serrated edge as smooth, which is on the safe side of most cuts")
    if tool.kind in ROUND:
        found.append(f"{name}: chatter takes its round edge by one mean direction, surface error as a cylinder")
    elif tool.lead_angle or tool.kind == "chamfer":
        found.append(f"{name}: surface error takes its sloping edge as a cylinder")
    return tuple(found)
