"""The columns of a sweep: what is said of each scenario."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp

from twin.inspection import measure
from twin.stock.deviation import deviations
from twin.sweep.costs import cost_of, parts_per_tool
from twin.sweep.response import Response
from twin.sweep.tables import Arrays, Tables
from twin.units import MINUTE, UM

SHARE = 0.95  # of the samples whose deviation is within what is stated

SUMMARY = (
    "machining_time_min",
    "force_peak_n",
    "torque_peak_nm",
    "power_peak_w",
    "cutting_energy_kj",
    "part_temperature_rise_k",
    "drift_largest_um",
    "deviation_mean_um",
    "deviation_rms_um",
    "deviation_95pct_um",
    "deviation_largest_um",
)
COST = ("cost_part_eur", "n_parts_per_tool")  # where prices are known
DOUBT = "walls_in_doubt_pct"
CHATTER = ("chatter_margin_least_ratio", "chatter_volume_pct", DOUBT)  # where modes of the spindle are known


def result_names(tables: Tables) -> tuple[str, ...]:
    """Names of the columns, each ends in its unit."""
    worn = tables.scenario.tools if tables.arrays.life_used.shape[2] else {}
    features = zip(tables.features.name, tables.features.characteristic, strict=True)
    return (
        *SUMMARY,
        *(COST if tables.arrays.prices is not None else ()),
        *(CHATTER if tables.arrays.stability is not None else ()),
        *(f"life_used_t{number}_pct" for number in worn),
        *(f"feature.{name}.{characteristic}_um" for name, characteristic in features),
    )


def results_of(tables: Tables, arrays: Arrays, response: Response) -> jax.Array:
    """Results (scenario, result) in the units of :func:`result_names`; ``response`` has a leading axis of scenarios."""
    moved = deviation_of(arrays, response.error)
    mean, rms, within, largest = _statistics(moved[:, arrays.summary])
    columns = [
        response.duration / MINUTE,
        response.force,
        response.torque,
        response.power,
        response.energy / 1e3,
        response.part_rise,
        response.drift / UM,
        mean / UM,
        rms / UM,
        within / UM,
        largest / UM,
    ]
    if arrays.prices is not None:
        columns += [cost_of(arrays.prices, response.taken), parts_per_tool(arrays.prices, response.taken)]
    if response.chatter is not None:
        chatter = response.chatter
        columns += [chatter.margin, 100 * chatter.volume, 100 * chatter.walls]
    features = (jax.vmap(lambda d: _features(tables, arrays, d))(moved)) / UM
    return jnp.concatenate([jnp.stack(columns, axis=1), 100 * response.life_used, features], axis=1)


def deviation_of(arrays: Arrays, error: jax.Array) -> jax.Array:
    """Deviations (scenario, place) [m] of all samples looked at, under the errors (scenario, used, 2, 3)."""
    found = jnp.concatenate([deviations(some, error) for some in arrays.candidates], axis=1)
    return found + arrays.released[None]


def _statistics(deviation: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """Mean, root mean square, what 95 % are within, and the largest, (scenario,) each."""
    size = jnp.abs(deviation)
    n = size.shape[1]
    rank = SHARE * (n - 1)
    low = int(rank)
    top = jax.lax.top_k(size, n - low)[0]  # descending
    last = n - 1 - low
    above = top[:, max(last - 1, 0)]
    within = top[:, last] + (rank - low) * (above - top[:, last])
    largest = jnp.take_along_axis(deviation, jnp.argmax(size, axis=1)[:, None], axis=1)[:, 0]
    return jnp.mean(deviation, axis=1), jnp.sqrt(jnp.mean(deviation**2, axis=1)), within, largest


def _features(tables: Tables, arrays: Arrays, deviation: jax.Array) -> Any:
    """Predicted minus nominal of every characteristic, (characteristic,) [m]."""
    groups = dict(zip(tables.features.groups, arrays.groups, strict=True))
    return measure(replace(tables.features, groups=groups), deviation) - jnp.asarray(tables.features.nominal)
