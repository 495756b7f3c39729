"""Milling in time: teeth that vibrate, the surface that they leave to the teeth after them, loss of contact.

Schmitz and Smith, *Machining Dynamics*, ch. 4 (regenerative force, circular tooth path); the integration is exact for
the free vibration and second order in the step for the force.
"""

from dataclasses import dataclass

import numpy as np

from twin.cutting.coefficients import CuttingCoefficients
from twin.cutting.dynamics.modes import Modes
from twin.cutting.time_domain.case import TURN, Milling, Slices, checked_cases, slices_of
from twin.cutting.time_domain.kernel import DISPLACEMENT, FORCE, N_COLUMNS, advance
from twin.errors import InputError
from twin.machine.tool import Tool

STEPS_PER_PERIOD = 12  # of the fastest mode, at least; the static deflection is then right to 2 %
STEPS_PER_ARC = 6  # at least
MOST_BYTES = 4e9  # of a recording and its tables in memory
N_TABLES = 4  # of each slice and angle


@dataclass(frozen=True)
class Signals:
    """What a simulation recorded, at equal steps of the rotation; ahead, left, up as the tool travels."""

    displacement: np.ndarray  # (case, step, 3) [m] of the tool tip against the workpiece
    force: np.ndarray  # (case, step, 3) [N] on the tool
    rotation: np.ndarray  # (step,) [rad] by which the spindle has turned
    spindle: np.ndarray  # (case,) [rad/s]
    feed_per_tooth: np.ndarray  # (case,) [m]
    tooth_step: np.ndarray  # (tooth,) steps by which each tooth trails tooth 0
    steps_per_revolution: int
    alike: bool  # even pitch, no runout: a stable cut repeats with every tooth, else with every revolution

    @property
    def period_steps(self) -> int:
        """Steps after which a stable cut repeats: those of a tooth, or of a revolution."""
        return self.steps_per_revolution // len(self.tooth_step) if self.alike else self.steps_per_revolution

    @property
    def step_time(self) -> np.ndarray:
        """Time of one step (case,) [s]."""
        return TURN / (self.spindle * self.steps_per_revolution)


def simulate(
    tool: Tool,
    milling: Milling,
    coefficients: CuttingCoefficients,
    modes: Modes,
    *,
    n_revolutions: int,
    steps_per_revolution: int,
    n_slices: int = 1,
    n_kept: int | None = None,
) -> Signals:
    """Simulate every case of ``milling`` from rest, two cores or more at a time.

    Args:
        tool: cutter, with its pitch, helix and runout.
        milling: speed, feed, engagement; fields (case,).
        coefficients: scalars or (case,).
        modes: leaves (mode,) or (case, mode), directions (mode, 3) or (case, mode, 3) in ahead, left, up
            (:func:`twin.cutting.stability.turned` turns them there). Without any mode the cut is rigid.
        n_revolutions: to simulate.
        steps_per_revolution: of the rotation; the angles between teeth must be whole steps.
        n_slices: of the depth of cut; 1 is exact for straight teeth.
        n_kept: last revolutions to record; default all.

    Raises:
        InputError: impossible values, too coarse a step, a recording that does not fit into memory.
    """
    cases = checked_cases(milling)
    n_cases, n_kept = len(cases["spindle"]), n_revolutions if n_kept is None else n_kept
    if not 1 <= n_kept <= n_revolutions:
        raise InputError(f"{n_kept} of {n_revolutions} revolutions kept", remedy="keep at least one, at most all")
    slices = slices_of(tool, cases["depth"], n_slices)
    trail, offset = _trail_steps(slices, steps_per_revolution, uneven=bool(tool.tooth_helix))
    time = TURN / (cases["spindle"] * steps_per_revolution)
    mode = _checked_modes(modes, n_cases, time)
    narrowest = np.min(cases["stop"] - cases["start"])
    if narrowest * steps_per_revolution / TURN < STEPS_PER_ARC:
        raise InputError(
            f"{steps_per_revolution} steps a revolution are too coarse for {np.degrees(narrowest):.3g} degrees of cut",
            remedy=f"take at least {np.ceil(STEPS_PER_ARC * TURN / narrowest):.0f}",
        )
    if n_cases * steps_per_revolution * 8 * (n_kept * N_COLUMNS + n_slices * N_TABLES) > MOST_BYTES:
        raise InputError("the recording does not fit into memory", remedy="keep fewer revolutions or split the cases")
    turn, weight = _engagement(cases, offset, steps_per_revolution)
    recorded = np.empty((n_cases, n_kept * steps_per_revolution, N_COLUMNS))
    speed = cases["spindle"][:, None] * slices.radius
    advance(
        weight,
        np.sin(turn),
        np.cos(turn),
        trail,
        cases["feed_per_tooth"][:, None, None] * (trail.shape[1] * _share(trail, steps_per_revolution)),
        slices.farther,
        slices.slope,
        _edge_forces(coefficients, slices, n_cases),
        cases["process_damping"][:, None] * slices.thickness / np.hypot(1, slices.slope) / speed,
        _drift(mode["omega"], mode["damping"], time[:, None]),
        mode["omega"] ** 2 / mode["stiffness"] * time[:, None],
        mode["direction"],
        n_revolutions * steps_per_revolution,
        recorded,
    )
    first = (n_revolutions - n_kept) * steps_per_revolution
    return Signals(
        displacement=recorded[..., DISPLACEMENT],
        force=recorded[..., FORCE],
        rotation=(first + np.arange(recorded.shape[1])) * (TURN / steps_per_revolution),
        spindle=cases["spindle"],
        feed_per_tooth=cases["feed_per_tooth"],
        tooth_step=trail[0, :, 0] - trail[0, 0, 0],
        steps_per_revolution=steps_per_revolution,
        alike=_alike(tool),
    )


def _alike(tool: Tool) -> bool:
    """Whether the force of a stable cut repeats with every tooth."""
    even = np.ptp(tool.pitch or (0.0,)) < 1e-9 and np.ptp(tool.tooth_helix or (0.0,)) == 0
    return bool(even and tool.runout == 0 and tool.runout_tilt == 0 and not tool.serration_wavelength)


def _trail_steps(slices: Slices, n: int, uneven: bool) -> tuple[np.ndarray, np.ndarray]:
    """Whole steps (case, tooth, slice) of the trail, and what tooth 0 trails beyond them, (case, slice) in steps.

    Teeth of unlike helix (``uneven``) stand on steps nowhere but at the tip: theirs is rounded.
    """
    exact = slices.trail * n / TURN
    offset = exact[:, 0] - np.floor(exact[:, 0])
    steps = np.rint(exact - offset[:, None])
    if not uneven and np.abs(exact - offset[:, None] - steps).max() > 1e-6 * n:
        pitch = ", ".join(f"{angle:g}" for angle in np.degrees(np.diff(slices.trail[0, :, 0])))
        raise InputError(
            f"{n} steps a revolution do not divide the pitch angles {pitch} degrees",
            remedy="take a number of steps that makes every pitch a whole number of steps",
        )
    return steps.astype(np.int64), offset


def _share(trail: np.ndarray, n: int) -> np.ndarray:
    """Part of a revolution (case, tooth, slice) since another tooth, or the same one, passed."""
    behind = (trail[:, :, None] - trail[:, None]) % n
    return np.where(behind == 0, n, behind).min(axis=2) / n


def _checked_modes(modes: Modes, n_cases: int, time: np.ndarray) -> dict[str, np.ndarray]:
    """Leaves of ``modes`` with a leading axis of cases."""
    rows = {name: np.asarray(getattr(modes, name), dtype=float) for name in ("omega", "damping", "stiffness")}
    n_modes = rows["omega"].shape[-1]
    rows = {name: np.ascontiguousarray(np.broadcast_to(row, (n_cases, n_modes))) for name, row in rows.items()}
    direction = np.asarray(modes.direction, dtype=float)
    rows["direction"] = np.ascontiguousarray(np.broadcast_to(direction, (n_cases, n_modes, 3)))
    if not all(np.isfinite(row).all() for row in rows.values()):
        raise InputError("a mode is not finite", remedy="look for NaN in the frequency response it was fitted to")
    for name, ok in (
        ("natural frequency", rows["omega"] > 0),
        ("stiffness", rows["stiffness"] > 0),
        ("damping ratio", (rows["damping"] >= 0) & (rows["damping"] < 1)),
    ):
        if not ok.all():
            number = int(np.argwhere(~ok)[0, 1])
            remedy = "give a damping ratio from 0 to below 1" if name == "damping ratio" else "give a positive value"
            raise InputError(f"mode {number}: the {name} is impossible", remedy=remedy)
    per_period = TURN / (rows["omega"] * time[:, None])
    if per_period.size and per_period.min() < STEPS_PER_PERIOD:
        factor = STEPS_PER_PERIOD / per_period.min()
        raise InputError(
            f"the step is too coarse: {per_period.min():.3g} steps a period of the fastest mode",
            remedy=f"take at least {factor:.2g} times as many steps a revolution",
        )
    return rows


def _engagement(cases: dict[str, np.ndarray], offset: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Immersion (case, slice, angle) [rad] and part of each step within the arc."""
    step = TURN / n
    turn = (np.arange(n) - offset[..., None]) * step
    start, stop = (cases[name][:, None, None] for name in ("start", "stop"))
    turn -= TURN * np.rint((turn - (start + stop) / 2) / TURN)
    low, high = np.clip(turn - step / 2, start, stop), np.clip(turn + step / 2, start, stop)
    weight = (high - low) / step
    turn = np.where(weight > 0, (low + high) / 2, turn)  # a part counts at its own middle: keeps the second order
    return turn, weight


def _edge_forces(coefficients: CuttingCoefficients, slices: Slices, n_cases: int) -> np.ndarray:
    """Forces of each edge for the kernel (case, tooth, slice, 6)."""
    k = {
        name: np.broadcast_to(np.asarray(getattr(coefficients, name), dtype=float), (n_cases,))[:, None]
        for name in ("ktc", "krc", "kac", "kte", "kre", "kae")
    }
    if not all(np.isfinite(value).all() for value in k.values()):
        raise InputError("a cutting coefficient is not finite", remedy="correct the material")
    chip, edge = slices.thickness[:, None], slices.width
    (t, r, a), (te, re, ae) = (
        (k[f"kt{letter}"][..., None] * size, k[f"kr{letter}"][..., None] * size, k[f"ka{letter}"][..., None] * size)
        for letter, size in (("c", chip), ("e", edge))
    )
    hand = slices.hand[:, None]
    rows = [t + 0 * edge, te]
    rows += [slices.sine * radial + hand * slices.cosine * axial for radial, axial in ((r, a), (re, ae))]
    rows += [slices.cosine * radial - hand * slices.sine * axial for radial, axial in ((r, a), (re, ae))]
    return np.ascontiguousarray(np.stack(rows, axis=-1))


def _drift(omega: np.ndarray, damping: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Free motion of displacement and velocity over ``time``: (case, mode, 2, 2)."""
    damped = omega * np.sqrt(1 - damping**2)
    decay, c, s = np.exp(-damping * omega * time), np.cos(damped * time), np.sin(damped * time) / damped
    rows = [[c + damping * omega * s, s], [-(omega**2) * s, c - damping * omega * s]]
    return np.ascontiguousarray(decay[..., None, None] * np.moveaxis(np.array(rows), (0, 1), (-2, -1)))
