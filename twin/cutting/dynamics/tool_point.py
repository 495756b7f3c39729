"""Modes at the tip of a tool in its holder on a spindle, by receptance coupling.

Fluted part (diameter times ``core_ratio``, for stiffness and for mass), shank and holder are Timoshenko beams, cones
cut into cylinders; they are joined rigidly to each other and to the spindle nose, whose modes the machine declares.
Joint compliance of a clamp is not modelled apart: it is in the stiffness of the nose.
"""

from collections.abc import Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from twin.cutting.dynamics.beam import Section, stack
from twin.cutting.dynamics.fit import fit_modes
from twin.cutting.dynamics.modes import Modes, join
from twin.errors import InputError
from twin.machine.spindle import SpindleMode
from twin.machine.tool import Tool

PIECES = 32  # cylinders that a cone of the holder is cut into
LIKE = 16  # tools have a multiple of this many sections: the response is compiled for few shapes
LEAST_PEAK = 2e-3  # of the largest, of a peak that is fitted
LEAST_SHARE = 0.01  # of the static compliance, of a mode that is kept
GRID = 1500  # frequencies of the coupled response
FAR = 2.0  # frequency of what lies above the grid, over its end
HIGHEST = 40.0  # of the grid, over the highest spindle mode
AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0)}


def tool_sections(tool: Tool) -> list[Section]:
    """Beam sections from the tip to the spindle nose."""
    shank = tool.shank_diameter or tool.diameter
    sections = [Section(tool.flute_length, tool.core_ratio * tool.diameter, tool.youngs_modulus, tool.density)]
    if tool.stick_out > tool.flute_length:
        sections.append(Section(tool.stick_out - tool.flute_length, shank, tool.youngs_modulus, tool.density))
    for part in tool.holder:
        n = PIECES if part.diameter_lower != part.diameter_upper else 1
        for middle in (np.arange(n) + 0.5) / n:
            diameter = part.diameter_lower + middle * (part.diameter_upper - part.diameter_lower)
            sections.append(Section(part.length / n, diameter, tool.holder_youngs_modulus, tool.holder_density))
    longest = max(range(len(sections)), key=lambda row: sections[row].length)
    n = 1 + -len(sections) % LIKE
    pieces = [replace(sections[longest], length=sections[longest].length / n)] * n
    sections[longest : longest + 1] = pieces
    return [replace(s, loss_factor=tool.loss_factor) for s in sections]


def nose_receptance(spindle: Sequence[SpindleMode], omega: jax.Array) -> jax.Array:
    """Receptance (frequency, 2, 2) of the spindle nose, of modes along one direction.

    Slopes are those along the axis from the tip upwards: a mode that tilts about a pivot above the nose leans back.
    """
    total = jnp.zeros((len(omega), 2, 2), dtype=complex)
    for mode in spindle:
        ratio = omega / (2 * jnp.pi * mode.frequency)
        amplitude = 1 / (mode.stiffness * jax.lax.complex(1 - ratio**2, 2 * mode.damping * ratio))
        shape = jnp.asarray([1.0, -1 / mode.pivot])
        total = total + amplitude[:, None, None] * jnp.outer(shape, shape).astype(complex)[None]
    return total


def tool_point_receptance(tool: Tool, spindle: Sequence[SpindleMode], omega: jax.Array) -> jax.Array:
    """Displacement per force at the tip (frequency,) [m/N], of spindle modes along one direction."""
    return stack(tool_sections(tool), omega, nose_receptance(spindle, omega))[:, 0, 0]


def tool_point_modes(tool: Tool, spindle: Sequence[SpindleMode]) -> Modes:
    """Modes at the tip along x, then along y, ascending, fitted to the coupled response.

    Those that matter are kept: a mode with less than 1 % of the static compliance is left out.
    What the modes above the fitted ones give way as well, if it is as much, stands as one far above.

    Args:
        tool: with its holder.
        spindle: modes of the machine's spindle nose, along x and along y (``machine.spindle_modes``).

    Raises:
        InputError: no spindle mode along x or y.
    """
    found = []
    for axis, direction in AXES.items():
        along = [mode for mode in spindle if mode.direction == axis]
        if not along:
            raise InputError(
                f"the machine has no spindle mode along {axis}",
                remedy="give spindle_modes in conf/machine, from a tap test at the nose or as an assumption",
            )
        frequency = np.array([mode.frequency for mode in along])
        omega = 2 * np.pi * np.geomspace(0.2 * frequency.min(), HIGHEST * frequency.max(), GRID)
        still = 0.05 * omega[:1]  # a hundredth of the lowest mode; lower, free sections cancel too many digits
        response = np.asarray(tool_point_receptance(tool, along, jnp.asarray(np.concatenate([still, omega]))))
        static, response = response[0].real, response[1:]
        peak, end = _peaks(-response.imag)
        omega, response = omega[:end], response[:end]
        fit = fit_modes(
            omega, response, len(peak), out_of_band=True, noise=np.sqrt(np.abs(response)), start=omega[peak]
        )
        modes = fit.modes(direction)
        share = 1 / np.asarray(modes.stiffness)
        matters = share > LEAST_SHARE * share.sum()
        found.append(jax.tree.map(lambda leaf, rows=matters: jnp.asarray(leaf)[rows], modes))
        rest = static - share[matters].sum()
        if rest > LEAST_SHARE * static:
            far, damping = FAR * omega[-1], float(np.min(np.asarray(modes.damping)))
            found.append(Modes(*(jnp.asarray([value]) for value in (far, damping, 1 / rest, direction))))
    return join(*found)


def _peaks(height: np.ndarray) -> tuple[np.ndarray, int]:
    """Places of the peaks that matter, and of the end of the valley behind the last of them."""
    peak = np.flatnonzero((height[1:-1] > height[:-2]) & (height[1:-1] >= height[2:])) + 1
    matters = np.flatnonzero(height[peak] > LEAST_PEAK * height.max())
    last = matters[-1]
    end = len(height) if last + 1 == len(peak) else peak[last] + int(np.argmin(height[peak[last] : peak[last + 1]]))
    return peak[matters], int(end)
