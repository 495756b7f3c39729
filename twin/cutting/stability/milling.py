"""What a milling cut is to the theory of chatter: modes, teeth, window of immersion, coefficients.

The frame is that of the feed: x ahead, y to its left, z from tip to spindle. A tooth at immersion angle ``phi`` points
along n = (sin phi, cos phi, 0) and moves along t = (cos phi, -sin phi, 0): phi is 0 at the left normal of the feed and
pi/2 straight ahead; up milling enters at 0, down milling leaves at pi. A tool that is displaced by u (now) and was
displaced by u_before (when the last tooth passed) cuts a chip that is h = n . (u - u_before) thicker, and the force on
the tool per depth of cut grows by ``-(ktc t + krc n + kac z) h`` (Altintas, *Manufacturing Automation*, ch. 4; edges
straight: the helix is ignored; sloping edges: :mod:`twin.cutting.stability.directional`). Schmitz and Smith
(*Machining Dynamics*) draw the same with x against the feed: :func:`from_schmitz` converts.
"""

from dataclasses import dataclass, field, replace

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass

from twin.cutting.dynamics.modes import Modes
from twin.errors import InputError

Scalar = jax.Array | float


@register_dataclass
@dataclass(frozen=True, kw_only=True)
class Milling:
    """One engagement of one tool; numbers are scalars and differentiable."""

    modes: Modes | None
    """Of tool tip against workpiece, directions in the frame of the feed; None where a measured response stands in."""
    n_teeth: int = field(metadata={"static": True})
    ktc: Scalar
    """[Pa] tangential coefficient."""
    krc: Scalar
    """[Pa] radial coefficient."""
    entry: Scalar = 0.0
    """[rad] immersion angle at which a tooth begins to cut."""
    exit: Scalar = np.pi
    """[rad] at which it ends, above ``entry``."""
    kac: Scalar = 0.0
    """[Pa] axial coefficient, negative for a left-hand helix; matters to modes that move along z and across it, and
    where ``kappa`` is below pi/2."""
    kappa: Scalar = np.pi / 2
    """[rad] between the tool axis and the normal of the cut surface: pi/2 on a cylinder, less by the lead angle."""
    process_damping: Scalar = 0.0
    """[N/m] C of the force -C (depth / cutting speed) (n . du/dt) on each tooth that cuts."""
    radius: Scalar = 0.0
    """[m] of the tool, for the cutting speed in the process damping."""
    pitch: tuple[float, ...] = field(default=(), metadata={"static": True})
    """[rad] from each tooth to the next; empty: even."""


def check(milling: Milling) -> None:
    """Raise InputError where ``milling`` (of concrete numbers) cannot be."""

    def demand(ok: bool, what: str, remedy: str) -> None:
        if not ok:
            raise InputError(what, remedy=remedy)

    entry, leave = float(milling.entry), float(milling.exit)
    demand(milling.n_teeth >= 1, f"a tool with {milling.n_teeth} teeth cuts nothing", "give one tooth at least")
    window = f"teeth cut from {np.degrees(entry):g} to {np.degrees(leave):g} degrees"
    demand(
        -1e-9 <= entry < leave <= np.pi + 1e-9, window, "immersion lies within 0 and 180 degrees, the exit after entry"
    )
    coefficients = [float(milling.ktc), float(milling.krc), float(milling.kac), float(milling.process_damping)]
    demand(bool(np.isfinite(coefficients).all()), "a cutting coefficient is not a number", "correct it")
    kappa = float(milling.kappa)
    slope = f"the normal of the cut surface is {np.degrees(kappa):g} degrees from the tool axis"
    demand(0 < kappa <= np.pi / 2 + 1e-9, slope, "it is above 0 and at most 90 degrees, that of a cylinder")
    demand(coefficients[3] >= 0, f"process damping {coefficients[3]:g} N/m is negative", "it is at least 0")
    demand(coefficients[3] == 0 or float(milling.radius) > 0, "process damping needs the tool's radius", "give it")
    total = sum(milling.pitch)
    demand(
        not milling.pitch
        or (len(milling.pitch) == milling.n_teeth and min(milling.pitch) > 0 and abs(total - 2 * np.pi) < 1e-6),
        f"{len(milling.pitch)} pitch angles add up to {np.degrees(total):g} degrees",
        "give one positive angle a tooth, 360 degrees in all",
    )


def check_modes(modes: Modes | None) -> Modes:
    """Return ``modes``; raise InputError where they cannot be."""

    def demand(ok: bool, what: str, remedy: str) -> None:
        if not ok:
            raise InputError(what, remedy=remedy)

    if modes is None:
        raise InputError("no modes of vibration are given", remedy="fit modes to the measured response")
    arrays = [np.atleast_1d(np.asarray(a)) for a in (modes.omega, modes.damping, modes.stiffness)]
    demand(
        all(len(a) == len(np.asarray(modes.direction)) for a in arrays) and arrays[0].size > 0,
        "no modes, or arrays of different lengths",
        "one frequency, damping, stiffness and direction a mode",
    )
    for name, values in zip(("frequency", "stiffness"), (arrays[0], arrays[2]), strict=True):
        bad = values[~(values > 0)]
        demand(not bad.size, f"a mode has the {name} {bad[0] if bad.size else 0:g}", "it is positive")
    bad = arrays[1][~((arrays[1] >= 0) & (arrays[1] < 1))]
    demand(not bad.size, f"a mode has the damping ratio {bad[0] if bad.size else 0:g}", "it is at least 0 and below 1")
    demand(bool(np.isfinite(np.asarray(modes.direction)).all()), "a mode's direction is not a number", "correct it")
    return modes


def check_points(speed: np.ndarray, depth: np.ndarray) -> None:
    """Raise InputError unless speeds are positive and depths at least 0."""
    for name, values, ok in (
        ("spindle speed", speed, np.isfinite(speed) & (speed > 0)),
        ("depth of cut", depth, np.isfinite(depth) & (depth >= 0)),
    ):
        if not ok.all():
            raise InputError(f"a {name} is {values[~ok].flat[0]:g}", remedy="it is a positive number")


def window(radial_immersion: float, up: bool) -> tuple[float, float]:
    """Entry and exit angle [rad] of a cut of ``radial_immersion`` (width over diameter) in up or down milling.

    Raises:
        InputError: an immersion that is not above 0 and at most 1.
    """
    if not 0 < radial_immersion <= 1:
        raise InputError(f"the radial immersion is {radial_immersion:g}", remedy="above 0 and at most 1, a full slot")
    return (
        (0.0, float(np.arccos(1 - 2 * radial_immersion))) if up else (float(np.arccos(2 * radial_immersion - 1)), np.pi)
    )


def from_schmitz(milling: Milling) -> Milling:
    """``milling``, whose mode directions are given in the frame of Schmitz and Smith: x against the feed, y left.

    Their angles, kt and kn are ktc and krc of this frame; forces on the tool agree once x is turned.
    """
    modes = check_modes(milling.modes)
    return replace(milling, modes=replace(modes, direction=modes.direction * jnp.array([[-1.0, 1, 1]])))


def turned(modes: Modes, heading: float) -> Modes:
    """Modes of machine axes in the frame of a feed that runs at ``heading`` [rad] from X towards Y."""
    c, s = np.cos(heading), np.sin(heading)
    return replace(modes, direction=modes.direction @ jnp.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]))
