"""What one part costs, and how many parts a tool lasts: the account of `twin quote` at the mean of every price.

That account is linear in what an operation takes (:mod:`twin.production.cost.account`): its rates are read from it by
asking for one unit of each. Set-up, inspection and scrap belong to an order and are left to `twin quote`.
"""

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from twin.compiled import Array
from twin.errors import InputError
from twin.production.cost.account import filled, machining, waiting
from twin.production.cost.economics import Economics
from twin.production.cost.operations import Operation
from twin.scenario import Scenario

MOST_PARTS = 1e6  # of a tool that does next to nothing


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Prices:
    """Money per unit of what a part takes."""

    part: Array  # () [EUR] stock and loading
    time: Array  # () [EUR/s] of the program
    flood: Array  # () [EUR/s] while flood coolant runs
    turn: Array  # () [EUR/rad] of the spindle
    energy: Array  # () [EUR/J] at the tool
    life: Array  # (tool,) [EUR] of a whole life, the exchange included
    life_per: Array  # (tool,) lives per unit of wear: per life by the law of wear, or per second in the cut


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Taken:
    """What one part takes; leading axes are free."""

    time: Array  # () [s]
    flood: Array  # () [s]
    turned: Array  # () [rad]
    energy: Array  # () [J] at the tool
    wear: Array  # (tool,) part of the life by the law of wear, or time in the cut [s] where none is known


def prices_of(scenario: Scenario, economics: Economics, stock_volume: float) -> Prices | None:
    """Prices of the scenario's part; None where the economics know no price of its material or of a kind of tool.

    Args:
        stock_volume: [m3].
    """
    tools = list(scenario.tools.values())
    try:
        e = filled(economics, lambda value: value.value)
        stock = stock_volume * scenario.material.density * e.material(scenario.material.name).price
        rows = [e.tool(tool.kind) for tool in tools]
    except InputError:
        return None
    nothing = Operation(0, 0, "", "", 0.0, (0, 0), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    def of(**some: Any) -> float:
        one = replace(nothing, **{"kind": tools[0].kind, "diameter": tools[0].diameter, **some})
        return float(machining(one, e, np.zeros(())).cost)

    known = scenario.wear is not None
    lives = [1 / e.trust.tool_life.value if known else 1 / row.life for row in rows]
    loading = e.times.loading.time
    return Prices(
        part=stock + float(waiting(loading, e, people=loading).cost),
        time=of(time=1.0),
        flood=of(flood_time=1.0),
        turn=of(spindle_angle=1.0),
        energy=of(cutting_energy=1.0),
        life=np.array(
            [of(kind=t.kind, diameter=t.diameter, life_used=e.trust.tool_life.value) for t in tools], dtype=float
        ),
        life_per=np.array(lives),
    )


def cost_of(prices: Prices, taken: Taken) -> jax.Array:
    """Of one part [EUR]."""
    return (
        prices.part
        + prices.time * taken.time
        + prices.flood * taken.flood
        + prices.turn * taken.turned
        + prices.energy * taken.energy
        + jnp.einsum("...t,t->...", _lives(prices, taken), prices.life)
    )


def parts_per_tool(prices: Prices, taken: Taken) -> jax.Array:
    """Parts that the tool lasts which is worn first."""
    return 1 / jnp.maximum(jnp.max(_lives(prices, taken), axis=-1), 1 / MOST_PARTS)


def _lives(prices: Prices, taken: Taken) -> jax.Array:
    """Lives of each tool that one part uses (..., tool)."""
    wear = jnp.asarray(taken.wear)
    return wear * jnp.broadcast_to(jnp.asarray(prices.life_per), wear.shape)
