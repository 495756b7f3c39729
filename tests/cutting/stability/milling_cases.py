"""The published cases of milling chatter that several tests share."""

import jax.numpy as jnp
import numpy as np

from twin.cutting.dynamics.modes import Modes
from twin.cutting.stability import Milling, window
from twin.units import RPM


def modes(frequency, damping, stiffness, axis) -> Modes:
    """Modes [Hz], ratio, [N/m], along x or y."""
    direction = np.array([[a == "x", a == "y", False] for a in axis], dtype=float)
    arrays = (jnp.asarray(np.atleast_1d(np.asarray(v, dtype=float))) for v in (frequency, damping, stiffness))
    omega, damping, stiffness = arrays
    return Modes(2 * np.pi * omega, damping, stiffness, jnp.asarray(direction))


def insperger(immersion: float, up: bool, axes: str = "x", n_teeth: int = 2, **changes) -> Milling:
    """Insperger and Stepan: 922 Hz, 0.011, 0.03993 kg, 600 and 200 N/mm2; the same mode along each of ``axes``."""
    stiffness = 0.03993 * (2 * np.pi * 922) ** 2
    n = len(axes)
    entry, leave = window(immersion, up)
    same = modes([922.0] * n, [0.011] * n, [stiffness] * n, axes)
    return Milling(modes=same, n_teeth=n_teeth, ktc=6e8, krc=2e8, **({"entry": entry, "exit": leave} | changes))


def schmitz_slot(n_teeth: int = 4) -> Milling:
    """Schmitz and Smith, examples 4.10 and 4.11: slot, 500 Hz in x and y, Ks 750 N/mm2 at 68 degrees."""
    beta = np.radians(68)
    same = modes([500, 500], [0.02, 0.02], [8e6, 8e6], "xy")
    return Milling(modes=same, n_teeth=n_teeth, ktc=750e6 * np.sin(beta), krc=750e6 * np.cos(beta))


def rpm(*values: float) -> np.ndarray:
    """Spindle speeds [rad/s]."""
    return np.array(values, dtype=float) * RPM
