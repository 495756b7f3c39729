"""Thermal drift of the tool point, live, from what the twin knows and temperature sensors read.

The twin's thermal network (calibrated, if the scenario is) is driven by the speeds of spindle and axes and by the cut's
power, and corrected by the temperatures through a Kalman filter; the growth of the structural loop gives the drift. No
sensor sees the drift itself.
"""

import jax
import jax.numpy as jnp
import numpy as np

from hardware.thermal_part import step_matrices
from twin.calibration.action_limit import ActionLimit
from twin.calibration.kalman import LinearInParameters, LiveFilter
from twin.scenario import Scenario
from twin.thermal import ThermalModel, axis_scale, heat_inputs, tool_point_drift

WINDOW = 120  # steps of the action limit
STATE_NOISE = 3e-3  # [K] by which the model may be wrong each step
START_SPREAD = 1.0  # [K] of the first reading
NONE = np.zeros(0)


class DriftObserver:
    """Follows the temperatures of a machine, one step at a time.

    Args:
        scenario: what the twin knows.
        model: thermal, of its machine with the part on the table.
        step: [s] between readings.
        deviation: [K] of a temperature reading.
    """

    def __init__(self, scenario: Scenario, model: ThermalModel, step: float, deviation: float):
        self.model, self.step, self._share = model, step, scenario.material.workpiece_share
        n = len(model.nodes)
        self._steps = [_linear(*step_matrices(model, flood, step)) for flood in (False, True)]
        self._deviation = deviation
        self._live: LiveFilter | None = None
        unit = np.eye(n)
        self._growth = np.asarray(tool_point_drift(model, unit, np.zeros(n)))
        self._scale = np.asarray(axis_scale(model, jnp.asarray(unit), jnp.zeros(n)))
        self._fixed = np.array([float(model.network.feed_drives[axis].fixed_end) for axis in "XYZ"])
        self._datum: np.ndarray = np.zeros(n)
        self._limit = ActionLimit(WINDOW)
        self.measure_again = False
        """The readings no longer fit the model: calibrate."""
        self._heat(np.zeros(6), 20.0, 20.0)  # compiled now, while no controller waits

    def start(self, temperatures: np.ndarray) -> None:
        """Begin: ``temperatures`` (node,) [degC] at which the drift is zero; nodes without a sensor are NaN."""
        known = np.where(np.isfinite(temperatures), temperatures, np.nanmean(temperatures))
        n = len(known)
        constant = self._steps[0]
        self._live = LiveFilter(
            lambda z: (jnp.asarray(constant.transition), jnp.asarray(constant.drive), jnp.eye(n)),
            state=known,
            z=NONE,
            covariance=np.eye(n) * START_SPREAD**2,
            state_noise=np.full(n, STATE_NOISE**2),
            parameter_noise=NONE,
            reading_noise=np.full(n, self._deviation**2),
        )
        self._datum = known

    def update(self, mean: np.ndarray, air: float, coolant: float, temperatures: np.ndarray) -> None:
        """One step.

        Args:
            mean: (6,) of the step: speeds of X, Y, Z [m/s], cutting power [W], spindle speed [rad/s], coolant on 0..1.
            air, coolant: [degC].
            temperatures: (node,) [degC] at its end; NaN where there is no reading.
        """
        assert self._live is not None
        self._live.model = self._steps[int(mean[5] > 0.5)]
        self.measure_again = self._limit.exceeded(*self._live.step(self._heat(mean, air, coolant), temperatures))

    @property
    def share(self) -> float:
        """Of the action limit, that the last steps make up; above 1: measure again. 0 while they are too few."""
        return self._limit.share if self._limit.full else 0.0

    def drift(self, axis_position: np.ndarray) -> np.ndarray:
        """(3,) [m] at ``axis_position`` (3,) [m], since the start."""
        assert self._live is not None
        rise = self._live.state - self._datum
        return rise @ self._growth + (rise @ self._scale) * (axis_position - self._fixed)

    def _heat(self, mean: np.ndarray, air: float, coolant: float) -> np.ndarray:
        return np.asarray(_heat(self.model, mean, self._share, air, coolant))


@jax.jit
def _heat(model, mean, share, air, coolant):  # type: ignore[no-untyped-def]
    return heat_inputs(
        model,
        spindle_speed=mean[None, 4],
        axis_speed=mean[None, :3],
        cutting_power=mean[None, 3],
        workpiece_share=share,
        ambient=jnp.asarray(air)[None],
        coolant=jnp.asarray(coolant)[None],
        flood=mean[None, 5],
    )[0]


def _linear(transition: np.ndarray, drive: np.ndarray) -> LinearInParameters:
    """The step without parameters; every node may be read."""
    n = len(transition)
    nothing = [np.zeros((0, n, n)), np.zeros((0, n, drive.shape[1])), np.zeros((0, n, n))]
    arrays = (np.array(transition), np.array(drive), np.eye(n))
    return LinearInParameters(NONE, *arrays, *nothing)
