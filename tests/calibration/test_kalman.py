"""The live filter against the textbook's formulas, a batch estimate, and chi-square."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import chi2

from twin.calibration.action_limit import ActionLimit
from twin.calibration.kalman import LiveFilter
from twin.errors import InputError

A = np.array([[0.9, 0.1], [0.0, 0.8]])
B = np.array([[0.0], [1.0]])
C = np.array([[1.0, 0.0], [1.0, 1.0]])
Q, R = np.array([0.01, 0.04]), np.array([0.25, 0.09])


def fixed(z):
    return jnp.asarray(A), jnp.asarray(B), jnp.asarray(C)


def with_gain(z):
    """The second entry of the drive is a parameter."""
    return jnp.asarray(A), jnp.asarray(B) * jnp.exp(0.3 * z[0]), jnp.asarray(C)


def plain(state=(0.0, 0.0)):
    none = np.zeros(0)
    return LiveFilter(
        fixed, state=np.array(state), z=none, covariance=np.eye(2), state_noise=Q, parameter_noise=none, reading_noise=R
    )


def machine(steps, gain, seed):
    """Inputs (step, 1) and readings (step, 2) of the system with noise."""
    rng = np.random.default_rng(seed)
    u, x, y = rng.standard_normal((steps, 1)) + 1, rng.standard_normal(2), []
    for k in range(steps):
        x = A @ x + B @ (gain * u[k]) + np.sqrt(Q) * rng.standard_normal(2)
        y.append(C @ x + np.sqrt(R) * rng.standard_normal(2))
    return u, np.array(y)


def test_without_parameters_it_is_the_kalman_filter():
    u, y = machine(50, 1.0, 2)
    live, mean, spread = plain(), np.zeros(2), np.eye(2)
    for k in range(50):
        squared, n = live.step(u[k], y[k])
        mean, spread = A @ mean + B @ u[k], A @ spread @ A.T + np.diag(Q)
        innovation, s = y[k] - C @ mean, C @ spread @ C.T + np.diag(R)
        gain = spread @ C.T @ np.linalg.inv(s)
        mean, spread = mean + gain @ innovation, (np.eye(2) - gain @ C) @ spread
        assert (squared, n) == (pytest.approx(innovation @ np.linalg.solve(s, innovation), rel=1e-9), 2)
    assert live.mean == pytest.approx(mean, rel=1e-9)
    assert live.covariance == pytest.approx(spread, rel=1e-8)


def test_a_parameter_is_followed_to_its_value():
    """30 machines: errors of the drive's gain in the filter's own deviations, squared, within chi-square's 99 %."""
    error = []
    for seed in range(30):
        z = np.random.default_rng([seed, 7]).standard_normal()
        u, y = machine(400, np.exp(0.3 * z), seed)
        live = LiveFilter(
            with_gain,
            state=np.zeros(2),
            z=np.zeros(1),
            covariance=np.eye(3),
            state_noise=Q,
            parameter_noise=np.zeros(1),
            reading_noise=R,
        )
        for k in range(400):
            live.step(u[k], y[k])
            if k % 50 == 0:
                live.relinearise()
        error.append((live.z[0] - z) / np.sqrt(live.covariance[2, 2]))
        assert live.covariance[2, 2] < 0.01
    assert chi2.ppf(0.005, 30) < np.sum(np.square(error)) < chi2.ppf(0.995, 30)


@pytest.mark.parametrize(("sensors", "output_moves"), [(2, 0.0), (1, 0.2)])
def test_a_step_is_that_of_the_extended_filter_of_states_and_parameters(sensors, output_moves):
    """Against F P F' + Q and the update with all readings at once, F and H by automatic differentiation."""
    n, parameters, u = 4, 3, jnp.array([0.3, -1.2])
    rng = np.random.default_rng(6)
    shapes = ((n, n), (n, 2), (sensors, n))
    still = [0.5 * rng.standard_normal(shape) for shape in shapes]
    by = [f * rng.standard_normal((*s, parameters)) for f, s in zip((0.2, 0.2, output_moves), shapes, strict=True)]
    offset = np.array([1.0, -2.0])[:sensors]

    def matrices(z):
        return tuple(jnp.asarray(m) + jnp.asarray(d) @ z for m, d in zip(still, by, strict=True))

    def advanced(x):
        a, b, _ = matrices(x[n:])
        return jnp.concatenate([a @ x[:n] + b @ u, x[n:]])

    def read(x):
        return matrices(x[n:])[2] @ x[:n] + offset

    mean = rng.standard_normal(n + parameters)
    root = rng.standard_normal((n + parameters, n + parameters))
    noise, reading_noise = rng.random(n + parameters), rng.random(sensors)
    live = LiveFilter(
        matrices,
        state=mean[:n],
        z=np.zeros(parameters),
        covariance=root @ root.T,
        state_noise=noise[:n],
        parameter_noise=noise[n:],
        reading_noise=reading_noise,
        offset=offset,
    )
    live.mean[n:] = mean[n:]  # elsewhere than where the matrices were computed: they are linear
    y = rng.standard_normal(sensors)
    squared, _ = live.step(np.array(u), y)

    f = np.asarray(jax.jacfwd(advanced)(jnp.asarray(mean)))
    later, spread = advanced(jnp.asarray(mean)), f @ root @ root.T @ f.T + np.diag(noise)
    h = np.asarray(jax.jacfwd(read)(later))
    innovation, s = y - read(later), h @ spread @ h.T + np.diag(reading_noise)
    gain = spread @ h.T @ np.linalg.inv(s)
    assert live.mean == pytest.approx(np.asarray(later + gain @ innovation), rel=1e-9)
    assert live.covariance == pytest.approx(spread - gain @ h @ spread, rel=1e-8, abs=1e-12)
    assert squared == pytest.approx(float(innovation @ np.linalg.solve(s, innovation)), rel=1e-9)


def test_a_missing_reading_is_left_out():
    u, y = machine(1, 1.0, 3)
    half = plain()
    _, n = half.step(u[0], np.array([np.nan, y[0, 1]]))
    assert n == 1
    blind = plain()
    assert blind.step(u[0], np.full(2, np.nan)) == (0.0, 0)
    assert blind.mean == pytest.approx(B @ u[0])


def test_the_action_limit_alarms_as_often_as_it_says_and_when_the_machine_changes():
    """1 % of the windows of a right filter; and within 60 steps of a drive that does other than it is told."""
    limit, live, alarms = ActionLimit(20, 0.01), plain(), []
    u, y = machine(40_000, 1.0, 4)
    for k in range(40_000):
        alarms.append(limit.exceeded(*live.step(u[k], y[k])))
    assert np.mean(alarms) == pytest.approx(0.01, abs=0.004)
    strict, live = ActionLimit(20, 1e-4), plain()
    u, y = machine(400, 1.0, 5)
    weaker = u.copy()
    weaker[200:] *= 4.0  # the filter is told less than the machine does
    said = [strict.exceeded(*live.step(weaker[k], y[k])) for k in range(400)]
    assert not any(said[:200])
    assert any(said[200:260])


def test_a_limit_needs_a_window_and_a_filter_arrays_that_fit():
    with pytest.raises(InputError, match="0 steps"):
        ActionLimit(0)
    with pytest.raises(InputError, match="2 states, 0 parameters and 2 sensors"):
        LiveFilter(
            fixed,
            state=np.zeros(2),
            z=np.zeros(0),
            covariance=np.eye(3),
            state_noise=Q,
            parameter_noise=np.zeros(0),
            reading_noise=R,
        )
