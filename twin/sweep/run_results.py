"""The columns of a sweep of one whole run: over every sample of the surface, with nothing interpolated."""

import numpy as np

from twin.prediction import Machining, Prediction
from twin.production.cost.economics import Economics
from twin.scenario import Scenario
from twin.sweep.costs import Taken, cost_of, parts_per_tool, prices_of
from twin.sweep.results import CHATTER, COST, SHARE
from twin.thermal.network import WORKPIECE
from twin.units import MINUTE, UM


def run_results(scenario: Scenario, prediction: Prediction, economics: Economics) -> dict[str, float]:
    """Results by name, as :func:`twin.sweep.results.result_names` names them."""
    machining, report = prediction.machining, prediction.inspection
    process, thermal = machining.process, machining.thermal
    seconds = np.diff(machining.time, axis=1)[:, 0]
    cutting = np.asarray(machining.contact.depth) > 0
    power = np.asarray(process.loads.power_mean)
    deviation = prediction.deviation[machining.cut.surface.machined]
    part = np.asarray(thermal.states)[:, thermal.model.index(WORKPIECE)]
    found = {
        "machining_time_min": machining.motion.duration / MINUTE,
        "force_peak_n": np.max(np.asarray(process.loads.resultant_peak)[cutting], initial=0.0),
        "torque_peak_nm": np.max(np.asarray(process.loads.torque_peak)[cutting], initial=0.0),
        "power_peak_w": np.max(power[cutting], initial=0.0),
        "cutting_energy_kj": np.sum(power * seconds) / 1e3,
        "part_temperature_rise_k": part.max() - part[0],
        "drift_largest_um": np.linalg.norm(thermal.drift, axis=1).max() / UM,
        "deviation_mean_um": deviation.mean() / UM,
        "deviation_rms_um": np.sqrt(np.mean(deviation**2)) / UM,
        "deviation_95pct_um": np.quantile(np.abs(deviation), SHARE) / UM,
        "deviation_largest_um": deviation[np.argmax(np.abs(deviation))] / UM,
    }
    prices = prices_of(scenario, economics, machining.cut.stock_volume)
    if prices is not None:
        taken = _taken(scenario, machining, seconds, power)
        found |= dict(zip(COST, (cost_of(prices, taken), parts_per_tool(prices, taken)), strict=True))
    if process.chatter is not None:
        margin, volume = process.chatter.margin, np.asarray(machining.cut.engagement.volume)
        known = np.isfinite(margin) & (volume > 0)
        if known.any():
            chattering = 100 * volume[known & (margin < 1)].sum() / volume.sum()
            found |= dict(zip(CHATTER, (margin[known].min(), chattering, 0.0), strict=True))
    if process.wear is not None:
        for number, used in zip(scenario.tools, np.asarray(process.wear.used_by_part), strict=True):
            found[f"life_used_t{number}_pct"] = 100 * used
    for name, characteristic, error in zip(
        report.name, report.characteristic, report.predicted - report.nominal, strict=True
    ):
        if np.isfinite(error):
            found[f"feature.{name}.{characteristic}_um"] = error / UM
    return {name: float(value) for name, value in found.items()}


def _taken(scenario: Scenario, machining: Machining, seconds: np.ndarray, power: np.ndarray) -> Taken:
    """What the part takes of time, energy and tools."""
    path, process = machining.toolpath, machining.process
    in_cut = np.where(np.asarray(machining.cut.engagement.volume) > 0, seconds, 0.0)
    by_time = np.array([in_cut[path.tool == number].sum() for number in scenario.tools])
    return Taken(
        time=machining.motion.duration,
        flood=seconds[(path.coolant & 2) > 0].sum(),
        turned=np.sum(np.abs(path.spindle) * seconds),
        energy=np.sum(power * seconds),
        wear=by_time if process.wear is None else np.asarray(process.wear.used_by_part),
    )
