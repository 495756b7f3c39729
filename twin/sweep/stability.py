"""Chatter of a machined part at other speeds, coefficients and tools: margins in tables, straight lines between.

A few cuts of every tool stand for all of its cuts that are anywhere near their limit. The logarithm of their margin is
tabulated over the spindle speed; a quantity that changes the tool, or one coefficient against the others, adds what it
does alone. All coefficients together change the margin as their inverse, which is exact unless there are islands. The
margin of every other cut changes by the factor of the one that stands for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.spatial import cKDTree

import twin
from twin.cache import cached, content_key, source_key
from twin.compiled import CODE, Array
from twin.cutting import Contact
from twin.cutting.dynamics import Modes, tool_point_modes
from twin.cutting.stability import chatter_margin, milling_of_tool
from twin.cutting.stability.margin import MOST
from twin.machine import Tool
from twin.prediction import Machining
from twin.scenario import Scenario
from twin.sweep.parameters import BEAM, CHOSEN, Parameter, base_value
from twin.sweep.schedule import Lines
from twin.units import split_suffix

N_CUTS = 16  # of a tool that stand for the others
STEP = 0.02  # [ln] between nodes of the speed and of what changes a tool, at most; N_NODES of them at most: with the
N_NODES = 17  # speed or a natural frequency the margin goes up and down from lobe to lobe
N_RATIOS = 5  # nodes of a coefficient against the others, which it follows smoothly
NEAR = 3.5  # margins up to here, and down to its inverse, are followed
BIN = 0.01  # [ln] cuts whose margins differ by less count as one
WIDTH, DEPTH, HEADING = 0.15, 0.2, np.radians(15)  # by which cuts differ that are told apart


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Moved:
    """What one quantity does to the margins."""

    node: Lines  # its values, in the unit of its key
    change: Array  # (cut, node, speed) of ln margin


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Stability:
    """Margins of the cuts that stand for all."""

    tool: Array  # (cut,) row of the tool list
    speed: Lines  # factor on the spindle speed of the run
    margin: Array  # (cut, speed) ln
    own: Array  # (cut,) ln margin in the run
    moved: tuple[Moved, ...]
    of: Array  # (member,) cut that stands for it
    member: Array  # (member,) ln margin in the run
    volume: Array  # (member,) share of the removed volume
    walls: Array  # (member,) share of the summary's samples, made by a tool whose vibration shapes walls
    chattering: Array  # () share of the removed volume in the run


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Chatter:
    """What a scenario's cuts do."""

    margin: Array  # () least of all, within what a run tells apart
    volume: Array  # () share of the removed volume that is cut with chatter
    walls: Array  # () share of the samples whose cut is stable and was not in the run, or the other way round


def moving_keys(scenario: Scenario, parameters: Sequence[Parameter]) -> tuple[str, ...]:
    """Keys that change margins other than by the speed and by all coefficients together."""
    found = []
    for p in parameters:
        name = (split_suffix(p.key.removeprefix(CHOSEN)) or ("",))[0]
        if p.high > p.low and (BEAM.fullmatch(p.key) or (p.key.startswith(CHOSEN) and name in ("krc", "kac"))):
            found.append(p.key)
    return tuple(found)


def stability_of(
    scenario: Scenario,
    machining: Machining,
    parameters: Sequence[Parameter],
    speeds: tuple[float, float],
    maker: np.ndarray,
) -> Stability | None:
    """Tables of a run; None where the machine states no modes of its spindle, or nothing is cut.

    Args:
        speeds: lowest and highest factor on the spindle speed.
        maker: (sample,) segment that makes each sample of the summary, -1 none.
    """
    if machining.process.chatter is None:
        return None
    touch: Contact = jax.tree.map(np.asarray, machining.contact)
    margin, volume = machining.process.chatter.margin, np.asarray(machining.cut.engagement.volume)
    followed = np.flatnonzero(np.isfinite(margin) & (volume > 0))
    if not followed.size:
        return None
    spindle = machining.toolpath.spindle
    shaped = np.bincount(maker[maker >= 0], minlength=len(margin)) / len(maker)
    shaped = np.where(_vibrates(scenario)[touch.tool], shaped, 0.0)
    total = volume.sum()
    near = followed[np.abs(np.log(margin[followed])) < np.log(NEAR)]
    least = followed[np.argmin(margin[followed])]
    members = np.union1d(near, [least])
    cuts, of = _chosen(touch, spindle, members, margin, shaped + volume / total)
    nodes = _nodes(*speeds, 1.0)

    def table(of: np.ndarray, key: str = "", value: float = 0.0) -> np.ndarray:
        return _margins(scenario, touch, spindle, of, nodes, key, value)

    base = table(cuts)
    own = np.log(base)[:, int(np.argmin(np.abs(nodes - 1.0)))]
    by_key = {p.key: p for p in parameters}
    moved = []
    for key in moving_keys(scenario, parameters):
        own_value, low, high = base_value(scenario, key), by_key[key].low, by_key[key].high
        values = np.unique([*np.linspace(low, high, N_RATIOS), own_value])
        mine = np.ones(len(cuts), bool)
        if BEAM.fullmatch(key):  # of one tool, whose cuts alone it changes
            values = _nodes(low, high, own_value)
            mine = touch.tool[cuts] == list(scenario.tools).index(int(key.split(".")[1]))
        change = np.zeros((len(cuts), len(values), len(nodes)))
        for place, value in enumerate(values):
            if value != own_value and mine.any():
                change[mine, place] = np.log(table(cuts[mine], key, value) / base[mine])
        moved.append(Moved(Lines(values), change))
    logs = np.log(margin[members])
    pairs, inverse = np.unique(np.stack([of, np.floor(logs / BIN)]), axis=1, return_inverse=True)
    inverse = inverse.ravel()
    lowest = np.full(pairs.shape[1], np.inf)
    np.minimum.at(lowest, inverse, logs)
    return Stability(
        tool=touch.tool[cuts],
        speed=Lines(nodes),
        margin=np.log(base),
        own=own,
        moved=tuple(moved),
        of=pairs[0].astype(int),
        member=lowest,
        volume=np.bincount(inverse, volume[members] / total),
        walls=np.bincount(inverse, shaped[members]),
        chattering=np.float64(volume[followed][margin[followed] < 1].sum() / total),
    )


def chatter(
    tables: Stability, keys: Sequence[str], values: Mapping[str, Any], speed: jax.Array, stiffer: jax.Array
) -> Chatter:
    """Chatter of a scenario.

    Args:
        keys: as of :func:`moving_keys`.
        values: of the parameters, by key.
        speed: (tool,) factor on the spindle speed.
        stiffer: factor on the tangential coefficient; the others count by how much more than that they change.
    """
    at_speed = tables.speed.weights(speed[tables.tool])
    now = jnp.einsum("cs,cs->c", tables.margin, at_speed)
    for key, moved in zip(keys, tables.moved, strict=True):
        value = values[key] / stiffer if key.startswith(CHOSEN) else values[key]
        now += jnp.einsum("cns,n,cs->c", moved.change, moved.node.weights(value), at_speed)
    gained = now - jnp.log(stiffer) - tables.own
    member = tables.member + gained[tables.of]
    chatters, did = member < 0, tables.member < 0
    return Chatter(
        margin=jnp.clip(jnp.exp(jnp.min(member)), 1 / MOST, MOST),
        volume=tables.chattering + jnp.sum(tables.volume * (chatters.astype(float) - did.astype(float))),
        walls=jnp.sum(jnp.where(chatters != did, tables.walls, 0.0)),
    )


def _vibrates(scenario: Scenario) -> np.ndarray:
    """Tools (tool,) whose walls, cut without chatter, have the error of their vibration."""
    tools = scenario.tools.values()
    even = [not (t.kind == "drill" or t.pitch or t.tooth_helix or t.serration_wavelength) for t in tools]
    return np.array(even) & (scenario.model.wall_error == "dynamic")


def _nodes(low: float, high: float, own: float) -> np.ndarray:
    """Values (node,), ascending; ``own`` is one of them."""
    low, high = min(low, own), max(high, own)
    n = int(np.clip(np.ceil(np.log(high / low) / STEP), 0, N_NODES - 1)) + 1
    return np.unique(np.append(np.geomspace(low, high, n), own))


def _chosen(
    touch: Contact, spindle: np.ndarray, rows: np.ndarray, margin: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Segments (cut,) that stand for ``rows``, and which of them stands for each (row,)."""
    arc = touch.arc[rows]
    length = np.maximum(arc[..., 1] - arc[..., 0], 0.0).sum(axis=2).max(axis=1)
    heading = 2 * np.arctan2(touch.ahead[rows, 1], touch.ahead[rows, 0])  # a turn by pi changes nothing
    features = np.column_stack(
        [
            touch.tool[rows] * 1e3,
            spindle[rows] / np.abs(spindle[rows]).max() * 1e2,
            np.log(np.maximum(length, 1e-3)) / WIDTH,
            np.log(touch.depth[rows]) / DEPTH,
            np.cos(heading) / (2 * HEADING),
            np.sin(heading) / (2 * HEADING),
        ]
    )
    _, cluster = np.unique(np.round(features), axis=0, return_inverse=True)
    cluster = cluster.ravel()
    heavy, order = np.bincount(cluster, weight[rows]), np.argsort(margin[rows], kind="stable")
    _, first = np.unique(cluster[order], return_index=True)
    lowest = order[first]  # of each cluster, by its number
    chosen: list[int] = []
    for tool in np.unique(touch.tool[rows]):
        mine = lowest[touch.tool[rows[lowest]] == tool]
        by_weight = mine[np.argsort(-heavy[cluster[mine]])]
        by_margin = mine[np.argsort(margin[rows[mine]])]
        chosen += list(dict.fromkeys([*by_margin[: N_CUTS // 4], *by_weight]))[:N_CUTS]
    _, of = cKDTree(features[chosen]).query(features)
    return rows[chosen], of


def _margins(
    scenario: Scenario,
    touch: Contact,
    spindle: np.ndarray,
    cuts: np.ndarray,
    nodes: np.ndarray,
    key: str,
    value: float,
) -> np.ndarray:
    """Margins (cut, speed) of the segments ``cuts`` where ``key`` has another ``value``; kept on disk by content."""
    some = np.repeat(cuts, len(nodes))
    rows: Contact = jax.tree.map(lambda leaf: leaf[some], touch)
    turning = spindle[some] * np.tile(nodes, len(cuts))
    tools, k = list(scenario.tools.values()), scenario.material.coefficients
    name, factor = (split_suffix(key.rpartition(".")[2]) or ("", 1.0))[:2]
    if BEAM.fullmatch(key):
        number = int(key.split(".")[1])
        changed: dict[str, Any] = {name: value * factor}
        tools = [replace(t, **changed) if t.number == number else t for t in tools]
    elif key:
        k = replace(k, **{name: value * factor})
    mills = []
    for row, tool in enumerate(tools):
        mine = touch.depth[(touch.tool == row) & (touch.depth > 0)]
        mills.append(milling_of_tool(tool, k, _modes(scenario, tool), float(np.median(mine)) if mine.size else 0.0))
    digest = content_key(rows, turning, mills, source_key(CODE / "cutting" / "stability"))
    found, _ = cached(
        twin.CACHE / "chatter_tables", digest, _Table, lambda: _Table(chatter_margin(rows, turning, mills).margin)
    )
    return found.margin.reshape(len(cuts), len(nodes))


@dataclass(frozen=True)
class _Table:
    margin: np.ndarray


def _modes(scenario: Scenario, tool: Tool) -> Modes:
    spindle = scenario.machine.spindle_modes
    key = content_key(tool, spindle, source_key(CODE / "cutting" / "dynamics"))
    return cached(twin.CACHE / "modes", key, Modes, lambda: jax.tree.map(np.asarray, tool_point_modes(tool, spindle)))[
        0
    ]
