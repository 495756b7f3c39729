"""Oxley's machining theory, extended to materials after Johnson and Cook: forces and temperatures from constants.

Orthogonal cutting of a continuous chip (Oxley, *Mechanics of Machining*, 1989; the strain-hardening index of the
shear zone after Lalwani, Mehta and Jain, 2009). The shear angle makes the stress along the tool-chip interface that
of the chip's flow, the strain-rate constant ``C0`` makes the normal stress at the edge the same from the interface
and from the shear plane, and the relative thickness of the interface's plastic zone makes the cutting force least.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass

from twin.compiled import kept
from twin.cutting.heat.johnson_cook import JohnsonCook, flow_stress
from twin.cutting.heat.partition import boothroyd_share
from twin.errors import InputError
from twin.units import Density, Ratio, Temperature

SQRT3 = 3**0.5
# shear angle [rad], C0, and temperatures of shear plane and chip, as parts of the way to melting
START = np.array([np.radians(25.0), 6.0, 0.25, 0.45])
LARGEST_STEP = np.array([0.08, 1.0, 0.1, 0.2])
LOWEST, HIGHEST = np.array([0.05, 0.5, 0.0, 0.0]), np.array([0.85, 20.0, 1.0, 2.0])
ZONES = np.geomspace(0.005, 0.2, 24)  # thickness of the interface's plastic zone, part of the chip's
N_NEWTON = 30
CLOSED = 1e-6  # imbalance that counts as solved


@register_dataclass
@dataclass(frozen=True)
class OxleyMaterial:
    """Work material: flow stress and heat; conductivity and specific heat are linear in temperature [degC]."""

    flow: JohnsonCook
    density: Density
    conductivity: float | jax.Array  # [W/(m K)] at 0 degC
    conductivity_slope: float | jax.Array  # [W/(m K2)]
    specific_heat: float | jax.Array  # [J/(kg K)] at 0 degC
    specific_heat_slope: float | jax.Array  # [J/(kg K2)]
    initial_temperature: Temperature = 20.0
    shear_heating: Ratio = 0.9
    """Part of the shear zone's rise that is reached at the shear plane (Oxley's eta)."""
    interface_heating: Ratio = 0.9
    """Mean over largest rise along the interface (Oxley's psi)."""


@register_dataclass
@dataclass(frozen=True)
class OxleyCut:
    """What the theory says of a cut; every entry a scalar."""

    shear_angle: jax.Array  # [rad]
    rate_constant: jax.Array  # C0
    zone: jax.Array  # thickness of the interface's plastic zone, part of the chip's
    cutting_force: jax.Array  # [N]
    thrust_force: jax.Array  # [N]
    chip_thickness: jax.Array  # [m]
    contact_length: jax.Array  # [m] of tool and chip
    shear_temperature: jax.Array  # [degC] of the shear plane
    interface_temperature: jax.Array  # [degC] mean, of tool and chip
    shear_stress: jax.Array  # [Pa] shear flow stress in the shear plane
    interface_stress: jax.Array  # [Pa] shear flow stress of the chip at the tool
    imbalance: jax.Array  # (4,) of the two equilibria and the two heat balances, relative; 0 where solved


def oxley(
    material: OxleyMaterial,
    speed: jax.Array | float,
    thickness: jax.Array | float,
    width: jax.Array | float,
    rake: jax.Array | float,
) -> OxleyCut:
    """Solve the theory for one cut; differentiable, use ``jax.vmap`` for many.

    Args:
        material: of the workpiece.
        speed: [m/s].
        thickness: [m] of the uncut chip.
        width: [m] of cut.
        rake: [rad].

    Raises:
        InputError: a speed, thickness or width that is not positive; no equilibrium (concrete arguments only).
    """
    values = dict(speed=speed, thickness=thickness, width=width)
    for name, value in values.items():
        if not isinstance(value, jax.core.Tracer) and not value > 0:
            raise InputError(f"the {name} of the cut is {value:g}, not positive")
    cut = _solve(material, *(jnp.asarray(v, dtype=float) for v in (speed, thickness, width, rake)))
    if not isinstance(cut.imbalance, jax.core.Tracer) and not (np.abs(cut.imbalance) < CLOSED).all():
        raise InputError(
            f"Oxley's equations have no solution at {float(speed) * 60:g} m/min and {float(thickness) * 1e3:g} mm",
            remedy="they describe continuous chips: try another speed or chip thickness, or check the material",
        )
    return cut


@kept
def _solve(material: OxleyMaterial, *cut: jax.Array) -> OxleyCut:
    searched = jax.lax.stop_gradient((material, cut))

    def balanced(zone: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Equilibrium at a thickness of the zone, and its cutting force; infinite where there is none."""
        imbalance = partial(_imbalance, *searched, zone)
        state = jax.lax.fori_loop(0, N_NEWTON, lambda _, x: _newton(imbalance, x), jnp.asarray(START))
        made = _mechanics(*searched, zone, state)
        solved = jnp.all(jnp.abs(made.imbalance) < CLOSED)
        return state, jnp.where(solved, made.cutting_force, jnp.inf)

    states, forces = jax.vmap(balanced)(jnp.asarray(ZONES))
    best = jnp.argmin(forces)
    state = jnp.append(states[best], jnp.asarray(ZONES)[best])
    # Newton's method on all conditions ends the search; every step carries the derivatives of the solution
    least = partial(_stationary, material, cut)

    def step(_: int, state: jax.Array) -> jax.Array:
        state = jax.lax.stop_gradient(state)
        change = jnp.linalg.solve(jax.lax.stop_gradient(jax.jacfwd(least)(state)), least(state))
        return state - change

    state = jax.lax.fori_loop(0, 6, step, state)
    return _mechanics(material, cut, state[4], state[:4])


def _newton(function: Callable[[jax.Array], jax.Array], state: jax.Array) -> jax.Array:
    """One damped step that stays within angles, constants and temperatures that have a meaning."""
    step = jnp.linalg.solve(jax.jacfwd(function)(state), function(state))
    step = jnp.where(jnp.isfinite(step), jnp.clip(step, -LARGEST_STEP, LARGEST_STEP), 0.0)
    return jnp.clip(state - step, LOWEST, HIGHEST)


def _imbalance(material: OxleyMaterial, cut: tuple, zone: jax.Array, state: jax.Array) -> jax.Array:
    return _mechanics(material, cut, zone, state).imbalance


def _stationary(material: OxleyMaterial, cut: tuple, state: jax.Array) -> jax.Array:
    """The imbalances, and how the cutting force changes with the zone while they are kept (5,)."""
    balance, zone = state[:4], state[4]

    def force(zone: jax.Array, balance: jax.Array) -> jax.Array:
        return _mechanics(material, cut, zone, balance).cutting_force

    imbalance = partial(_imbalance, material, cut)
    of_zone, of_balance = jax.jacfwd(imbalance, argnums=(0, 1))(zone, balance)
    force_zone, force_balance = jax.grad(force, argnums=(0, 1))(zone, balance)
    slope = force_zone - force_balance @ jnp.linalg.solve(of_balance, of_zone)
    return jnp.concatenate([imbalance(zone, balance), slope[None] / force(zone, balance)])


def _mechanics(material: OxleyMaterial, cut: tuple, zone: jax.Array, state: jax.Array) -> OxleyCut:
    """Forces, temperatures and imbalance at the unknowns, as in ``START``."""
    speed, t1, width, rake = cut
    phi, c0 = state[0], state[1]
    flow = material.flow
    sine, opening = jnp.sin(phi), jnp.cos(phi - rake)
    shear_length = t1 / sine
    shear_speed, chip_speed = speed * jnp.cos(rake) / opening, speed * sine / opening
    t2 = t1 * opening / sine
    shear_strain = jnp.cos(rake) / (2 * sine * opening)
    strain = shear_strain / SQRT3
    rate = c0 * shear_speed / shear_length / SQRT3

    span = flow.melting_temperature - material.initial_temperature
    t_ab, t_chip = (material.initial_temperature + part * span for part in (state[2], state[3]))

    def heat(temperature: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Heat capacity of the chip's flow [W/K] and thermal number."""
        capacity = material.density * (material.specific_heat + material.specific_heat_slope * temperature)
        conductivity = material.conductivity + material.conductivity_slope * temperature
        return capacity * speed * t1 * width, capacity * speed * t1 / conductivity

    k_ab = flow_stress(flow, strain, rate, t_ab) / SQRT3
    shear_force = k_ab * shear_length * width
    capacity_rate, number = heat(t_ab)
    rise = (1 - boothroyd_share(number * jnp.tan(phi))) * shear_force * shear_speed / capacity_rate

    hardening = flow.hardening * strain**flow.hardening_exponent
    n_eq = flow.hardening_exponent * hardening / (flow.yield_stress + hardening)
    theta = jnp.arctan(1 + 2 * (np.pi / 4 - phi) - c0 * n_eq)
    resultant = shear_force / jnp.cos(theta)
    friction_angle = theta + rake - phi
    friction, normal = resultant * jnp.sin(friction_angle), resultant * jnp.cos(friction_angle)
    bend = 1 + c0 * n_eq / (3 * (1 + 2 * (np.pi / 4 - phi) - c0 * n_eq))
    contact = t1 * jnp.sin(theta) / (jnp.cos(friction_angle) * sine) * bend

    base = material.initial_temperature + rise
    capacity_rate, number = heat(t_chip)
    chip_rise = friction * chip_speed / capacity_rate
    root = jnp.sqrt(number * t2 / contact)
    largest = chip_rise * 10 ** (0.06 - 0.195 * zone * root) * root
    t_int = base + material.interface_heating * largest
    chip_strain = (2 * shear_strain + contact / (2 * zone * t2)) / SQRT3
    k_chip = flow_stress(flow, chip_strain, chip_speed / (zone * t2) / SQRT3, t_int) / SQRT3
    tau, sigma = friction / (contact * width), normal / (contact * width)
    sigma_edge = k_ab * (1 + np.pi / 2 - 2 * rake - 2 * c0 * n_eq)
    return OxleyCut(
        shear_angle=phi,
        rate_constant=c0,
        zone=zone,
        cutting_force=resultant * jnp.cos(theta - phi),
        thrust_force=resultant * jnp.sin(theta - phi),
        chip_thickness=t2,
        contact_length=contact,
        shear_temperature=t_ab,
        interface_temperature=t_int,
        shear_stress=k_ab,
        interface_stress=k_chip,
        imbalance=jnp.stack(
            [
                (tau - k_chip) / k_ab,
                (sigma - sigma_edge) / k_ab,
                (material.initial_temperature + material.shear_heating * rise - t_ab) / span,
                (base + chip_rise - t_chip) / span,
            ]
        ),
    )
