"""The thermal model of a machine with a part on its table."""

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp

from twin.errors import InputError
from twin.thermal.network import AMBIENT, COOLANT, WORKPIECE, Link, ThermalNetwork
from twin.thermal.state_space import StateSpace


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Workpiece:
    """The part as one lump, clamped on the table."""

    capacity: jax.Array | float  # [J/K] mass times specific heat
    area: jax.Array | float  # [m2] free surface
    expansion: jax.Array | float  # [1/K]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ThermalModel:
    """Parameters of everything thermal; states are node temperatures [degC] in the order of ``nodes``."""

    network: ThermalNetwork
    workpiece: Workpiece
    nodes: tuple[str, ...] = field(metadata={"static": True})

    def index(self, node: str) -> int:
        """Column of ``node`` in the states."""
        return self.nodes.index(node)


def thermal_model(network: ThermalNetwork, workpiece: Workpiece) -> ThermalModel:
    """Return the model of ``network`` with ``workpiece`` on its table.

    Raises:
        InputError: a link, source or member that names no node, or a link without a conductance.
    """
    nodes = (*network.nodes, WORKPIECE)
    named = [(f"link {' - '.join(link.between)}", end) for link in network.links for end in link.between]
    named += [("bearing", bearing.node) for bearing in network.bearings] + [("motor", network.motor.node)]
    for axis, drive in network.feed_drives.items():
        used = (drive.screw, drive.guide, drive.standard, *([drive.motor] if drive.motor else []))
        named += [(f"feed drive {axis}", node) for node in used]
    if network.cutting:
        named += [("cutting", node) for node in (network.cutting.tool, network.cutting.chips)]
    named += [("member", member.node) for member in network.members]
    for where, node in named:
        if node not in nodes and not (where.startswith("link") and node in (AMBIENT, COOLANT)):
            raise InputError(f"thermal {where}: there is no node {node!r}", remedy="one of " + ", ".join(nodes))
    for link in network.links:
        if (link.conductance is None) == (link.film is None) or (
            link.film is not None and WORKPIECE not in link.between
        ):
            raise InputError(
                f"thermal link {' - '.join(link.between)} needs a conductance, or on the workpiece a film",
                remedy="give conductance_w_k or film_w_m2_k",
            )
    if sorted(network.feed_drives) != ["X", "Y", "Z"]:
        raise InputError("thermal feed_drives needs X, Y and Z", remedy="describe each axis once")
    return ThermalModel(network, workpiece, nodes)


def state_space(model: ThermalModel, flood: bool) -> StateSpace:
    """The model's equations with flood coolant on or off; inputs as in :func:`twin.thermal.heat.heat_inputs`."""
    n = len(model.nodes)
    places = {node: i for i, node in enumerate((*model.nodes, AMBIENT, COOLANT))}
    links = [link for link in model.network.links if link.when in ("always", "flood" if flood else "dry")]
    ends = [(places[link.between[0]], places[link.between[1]]) for link in links]
    first, second = (jnp.array([pair[k] for pair in ends], dtype=int) for k in (0, 1))
    value = jnp.stack([_conductance(link, model.workpiece) for link in links])
    laplacian = jnp.zeros((n + 2, n + 2))
    laplacian = laplacian.at[first, first].add(value).at[second, second].add(value)
    laplacian = laplacian.at[first, second].add(-value).at[second, first].add(-value)
    capacity = [model.workpiece.capacity if k == WORKPIECE else model.network.nodes[k].capacity for k in model.nodes]
    return StateSpace(
        capacity=jnp.stack([jnp.asarray(c, dtype=float) for c in capacity]),
        conductance=laplacian[:n, :n],
        gain=jnp.hstack([jnp.eye(n), -laplacian[:n, n:]]),
    )


def heat_from_workpiece(model: ThermalModel, states: jax.Array, flood: jax.Array) -> jax.Array:
    """What the part gives to each node of the machine, (time, node) [W].

    Args:
        states: (time, node) [degC].
        flood: (time,) bool, flood coolant runs.
    """
    given = jnp.zeros(states.shape)
    part, wet = states[:, model.index(WORKPIECE)], flood.astype(float)
    during = {"always": jnp.ones(flood.shape), "flood": wet, "dry": 1 - wet}
    for link in model.network.links:
        ends = [end for end in link.between if end != WORKPIECE]
        if len(ends) == 1 and ends[0] in model.nodes:
            node = model.index(ends[0])
            given = given.at[:, node].add(
                during[link.when] * _conductance(link, model.workpiece) * (part - states[:, node])
            )
    return given


def _conductance(link: Link, workpiece: Workpiece) -> jax.Array:
    if link.conductance is not None:
        return jnp.asarray(link.conductance, dtype=float)
    assert link.film is not None
    return jnp.asarray(link.film * workpiece.area, dtype=float)
