"""The columns of a sweep of one whole run: over every sample of the surface, with nothing interpolated."""

import numpy as np

from twin.prediction import Prediction
from twin.scenario import Scenario
from twin.sweep.results import SHARE
from twin.thermal.network import WORKPIECE
from twin.units import MINUTE, UM


def run_results(scenario: Scenario, prediction: Prediction) -> dict[str, float]:
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
    if process.wear is not None:
        for number, used in zip(scenario.tools, np.asarray(process.wear.used_by_part), strict=True):
            found[f"life_used_t{number}_pct"] = 100 * used
    for name, characteristic, error in zip(
        report.name, report.characteristic, report.predicted - report.nominal, strict=True
    ):
        if np.isfinite(error):
            found[f"feature.{name}.{characteristic}_um"] = error / UM
    return {name: float(value) for name, value in found.items()}
