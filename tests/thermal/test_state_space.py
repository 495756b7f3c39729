"""The linear core against closed forms, other integrators, and itself at other steps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from twin.thermal.state_space import StateSpace, discretise, simulate, simulate_blocks, simulate_switched


def network(n_state=7, n_input=3, seed=1) -> StateSpace:
    """Lumps linked at random, all of them also to a surrounding at zero."""
    draw = np.random.default_rng(seed)
    links = np.triu(draw.uniform(0, 5, (n_state, n_state)), 1)
    links = links + links.T
    return StateSpace(
        capacity=jnp.asarray(draw.uniform(1e2, 5e3, n_state)),
        conductance=jnp.asarray(np.diag(links.sum(1) + draw.uniform(0.1, 1, n_state)) - links),
        gain=jnp.asarray(draw.uniform(0, 1, (n_state, n_input))),
    )


def ring(n_state: int, conductance: float, capacity: float) -> StateSpace:
    """Equal lumps in a ring, insulated: every eigenvalue but one or two is double."""
    shift = np.roll(np.eye(n_state), 1, axis=0)
    return StateSpace(
        capacity=jnp.full(n_state, capacity),
        conductance=jnp.asarray(conductance * (2 * np.eye(n_state) - shift - shift.T)),
        gain=jnp.eye(n_state),
    )


@pytest.fixture(scope="module")
def inputs():
    return jnp.asarray(np.random.default_rng(0).uniform(0, 100, (240, 3)))


def test_step_response_of_a_cube():
    """0.1 m steel cube, 10 W/m2 K on six faces: time constant rho c L / (6 h) = 6,280 s."""
    capacity, film = 7850 * 480 * 1e-3, 10 * 6 * 0.01
    cube = StateSpace(jnp.array([capacity]), jnp.array([[film]]), jnp.array([[film]]))
    states = simulate(cube, jnp.full((3, 1), 30.0), 6280.0, jnp.array([20.0]))
    np.testing.assert_allclose(states[:, 0], 30 - 10 * np.exp(-np.arange(1, 4)), rtol=1e-13)


def test_step_response_of_two_lumps():
    """Two lumps and a link, insulated: the difference decays with G (1/C1 + 1/C2), the mean energy stays."""
    c1, c2, g = 500.0, 2000.0, 3.0
    pair = StateSpace(jnp.array([c1, c2]), jnp.array([[g, -g], [-g, g]]), jnp.eye(2))
    states = simulate(pair, jnp.zeros((50, 2)), 7.0, jnp.array([80.0, 20.0]))
    difference = 60 * np.exp(-g * (1 / c1 + 1 / c2) * 7.0 * np.arange(1, 51))
    mean = (c1 * 80 + c2 * 20) / (c1 + c2)
    expected = np.stack([mean + c2 / (c1 + c2) * difference, mean - c1 / (c1 + c2) * difference], axis=1)
    np.testing.assert_allclose(states, expected, rtol=1e-12)


def test_step_response_of_a_bar():
    """Twelve equal lumps in a row, insulated: cosine modes with rates 4 G/C sin^2(k pi / 2N)."""
    n, g, c = 12, 4.0, 300.0
    chain = np.diag(np.r_[1.0, np.full(n - 2, 2.0), 1.0]) - np.eye(n, k=1) - np.eye(n, k=-1)
    bar = StateSpace(jnp.full(n, c), jnp.asarray(g * chain), jnp.eye(n))
    states = simulate(bar, jnp.zeros((1, n)), 90.0, jnp.zeros(n).at[0].set(100.0))
    place = (np.arange(n) + 0.5) * np.pi / n
    k = np.arange(1, n)
    rate = 4 * g / c * np.sin(k * np.pi / 2 / n) ** 2
    expected = 100 / n * (1 + 2 * (np.cos(np.outer(place, k)) * np.cos(k * place[0]) * np.exp(-rate * 90)).sum(1))
    np.testing.assert_allclose(states[0], expected, rtol=0, atol=1e-12)


def test_against_an_integrator():
    system = network()
    u = np.array([40.0, 5.0, 70.0])

    def slope(_, temperature):
        return (np.asarray(system.gain) @ u - np.asarray(system.conductance) @ temperature) / np.asarray(
            system.capacity
        )

    start = np.linspace(10, 30, 7)
    solved = solve_ivp(slope, (0, 600), start, method="DOP853", rtol=1e-12, atol=1e-11).y[:, -1]
    states = simulate(system, jnp.asarray(u)[None, :], 600.0, jnp.asarray(start))
    np.testing.assert_allclose(states[0], solved, rtol=1e-9)


def test_one_long_step_equals_many_short_ones():
    system, start = network(), jnp.linspace(10.0, 30.0, 7)
    held = jnp.array([[40.0, 5.0, 70.0]])
    long = simulate(system, held, 60.0, start)
    short = simulate(system, jnp.tile(held, (60, 1)), 1.0, start)
    np.testing.assert_allclose(short[-1], long[0], rtol=1e-12)


def test_insulated_energy_is_what_was_put_in():
    """Sum of C dT equals the heat given, to 1e-10, also over 8 h of one-second steps."""
    lumps = ring(6, 5.0, 400.0)
    heat = jnp.asarray(np.random.default_rng(3).uniform(0, 200, (28800, 6)))
    states = simulate(lumps, heat, 1.0, jnp.full(6, 20.0))
    given = np.cumsum(np.asarray(heat).sum(1))
    stored = 400 * (np.asarray(states) - 20).sum(1)
    np.testing.assert_allclose(stored, given, rtol=1e-10)


def test_heat_given_is_heat_stored_and_lost():
    """With losses to the surroundings; their integral over each step by Gauss quadrature of the states within it."""
    system = network()
    u, dt, start = jnp.array([[40.0, 5.0, 70.0]]), 500.0, jnp.linspace(10.0, 30.0, 7)
    node, weight = np.polynomial.legendre.leggauss(40)
    inside = [np.asarray(simulate(system, u, (1 + x) / 2 * dt, start)[0]) for x in node]
    to_surroundings = np.asarray(system.conductance).sum(1)
    lost = dt / 2 * weight @ (np.array(inside) @ to_surroundings)
    stored = float(system.capacity @ (simulate(system, u, dt, start)[0] - start))
    given = float(jnp.sum(system.gain @ u[0])) * dt
    assert stored + lost == pytest.approx(given, rel=1e-10)


def test_scan_equals_associative_scan(inputs):
    system, start = network(), jnp.linspace(10.0, 30.0, 7)
    modes = discretise(system, 5.0)
    push = (inputs @ modes.drive.T).at[0].add(modes.decay * (modes.to_modes @ start))
    decay = jnp.tile(modes.decay, (len(inputs), 1))

    def combine(left, right):
        return right[0] * left[0], right[0] * left[1] + right[1]

    parallel = jax.lax.associative_scan(combine, (decay, push))[1] @ modes.to_states.T
    np.testing.assert_allclose(simulate(system, inputs, 5.0, start), parallel, rtol=1e-10)


def test_outputs_blocks_and_switches_equal_the_scan(inputs):
    system, start = network(), jnp.linspace(10.0, 30.0, 7)
    states = simulate(system, inputs, 5.0, start)
    sensors = jnp.asarray(np.random.default_rng(4).normal(size=(2, 7)))
    for some in (inputs, inputs[:41], inputs[:5]):
        few = simulate(system, some, 5.0, start, sensors)
        np.testing.assert_allclose(few, (states @ sensors.T)[: len(some)], rtol=1e-10)
    np.testing.assert_allclose(simulate_blocks(system, inputs, 5.0, start, 60), states[59::60], rtol=1e-11)
    shifts = jnp.stack([inputs, 0 * inputs])
    of_both = simulate_blocks(system, shifts, 5.0, start, 60, sensors)
    np.testing.assert_allclose(of_both[0], states[59::60] @ sensors.T, rtol=1e-10)
    both = jax.tree.map(lambda leaf: jnp.stack([leaf, leaf]), system)
    regime = jnp.asarray(np.random.default_rng(5).integers(0, 2, len(inputs)))
    np.testing.assert_allclose(simulate_switched(both, regime, inputs, 5.0, start), states, rtol=1e-11)


def test_blocks_of_float32_inputs_lose_a_millionth():
    draw = np.random.default_rng(5)
    n = 30
    links = draw.uniform(0.0, 2.0, (n, n))
    links = (links + links.T) / 2
    conductance = np.diag(links.sum(axis=1) + 0.5) - links
    system = StateSpace(
        jnp.asarray(draw.uniform(50, 500, n)), jnp.asarray(conductance), jnp.asarray(draw.uniform(0, 1, (n, 4)))
    )
    inputs = jnp.asarray(draw.uniform(0, 100, (2, 28800, 4)))
    exact = simulate_blocks(system, inputs, 1.0, jnp.zeros(n), 60)
    quick = simulate_blocks(system, inputs.astype(jnp.float32), 1.0, jnp.zeros(n), 60)
    assert quick.dtype == exact.dtype
    np.testing.assert_allclose(quick, exact, atol=1e-6 * float(jnp.ptp(exact)))


def test_switched_conductances_against_the_matrix_exponential(inputs):
    systems = [network(seed=1), network(seed=2)]
    regime = np.random.default_rng(5).integers(0, 2, len(inputs))
    state = np.linspace(10, 30, 7)
    expected = []
    for which, u in zip(regime, np.asarray(inputs), strict=True):
        s = systems[which]
        rate = np.asarray(s.conductance) / np.asarray(s.capacity)[:, None]
        settled = np.linalg.solve(np.asarray(s.conductance), np.asarray(s.gain) @ u)
        state = settled + expm(-rate * 5.0) @ (state - settled)
        expected.append(state)
    both = jax.tree.map(lambda *leaves: jnp.stack(leaves), *systems)
    states = simulate_switched(both, jnp.asarray(regime), inputs, 5.0, jnp.linspace(10.0, 30.0, 7))
    np.testing.assert_allclose(states, expected, rtol=1e-10)


def test_gradient_where_two_eigenvalues_meet():
    """Two equal lumps joined by a link of zero: the difference is d exp(-(G + 2 g) t / C), so its slope at g = 0."""
    capacity, loss, dt, steps = 300.0, 2.0, 10.0, 30
    start = jnp.array([50.0, 20.0])

    def difference(link):
        conductance = jnp.array([[loss, 0.0], [0.0, loss]]) + link * jnp.array([[1.0, -1.0], [-1.0, 1.0]])
        lumps = StateSpace(jnp.full(2, capacity), conductance, jnp.eye(2))
        last = simulate(lumps, jnp.zeros((steps, 2)), dt, start)[-1]
        return last[0] - last[1]

    t = steps * dt
    decayed = 30 * np.exp(-loss * t / capacity)
    assert float(difference(0.0)) == pytest.approx(decayed, rel=1e-12)
    for gradient in (jax.jit(jax.grad(difference)), jax.jit(jax.jacfwd(difference))):
        assert float(gradient(0.0)) == pytest.approx(-2 * t / capacity * decayed, rel=1e-10)
    curvature = jax.jit(jax.jacfwd(jax.jacfwd(difference)))(0.0)
    assert float(curvature) == pytest.approx((2 * t / capacity) ** 2 * decayed, rel=1e-9)


@pytest.mark.parametrize("system", [ring(6, 5.0, 400.0), network(6, 6)], ids=["repeated", "distinct"])
def test_gradient_against_differences(system, inputs):
    """Mean square state by every conductance and capacity, against central differences of the matrix exponential."""
    inputs = jnp.tile(inputs[:40], (1, 2))
    start = jnp.linspace(10.0, 30.0, 6)

    def cost(system):
        return jnp.mean(simulate(system, inputs, 5.0, start) ** 2)

    def reference(capacity, conductance):
        state, total = np.linspace(10, 30, 6), 0.0
        block = np.zeros((12, 12))
        block[:6, :6] = -conductance / capacity[:, None]
        block[:6, 6:] = np.asarray(system.gain) / capacity[:, None]
        step = expm(block * 5.0)
        for u in np.asarray(inputs):
            state = step[:6, :6] @ state + step[:6, 6:] @ u
            total += np.mean(state**2) / len(inputs)
        return total

    gradient = jax.jit(jax.grad(cost))(system)
    capacity, conductance = np.asarray(system.capacity), np.asarray(system.conductance)
    draw = np.random.default_rng(8)
    for _ in range(3):
        change = draw.normal(size=(6, 6))
        change = change + change.T
        by_capacity = draw.normal(size=6) * 10
        h = 1e-4
        ahead = reference(capacity + h * by_capacity, conductance + h * change)
        behind = reference(capacity - h * by_capacity, conductance - h * change)
        slope = np.sum(gradient.conductance * change) + gradient.capacity @ by_capacity
        assert float(slope) == pytest.approx((ahead - behind) / 2 / h, rel=2e-7)


@pytest.mark.long
def test_gradient_of_blocks_and_switches_equals_that_of_the_scan(inputs):
    system, start = ring(3, 5.0, 400.0), jnp.array([10.0, 20.0, 40.0])
    regime = jnp.asarray(np.random.default_rng(5).integers(0, 2, len(inputs)))

    def plain(system):
        return jnp.sum(simulate(system, inputs, 5.0, start)[59::60] ** 2)

    def blocks(system):
        return jnp.sum(simulate_blocks(system, inputs, 5.0, start, 60) ** 2)

    def outputs(system):
        return jnp.sum(simulate(system, inputs, 5.0, start, jnp.eye(3))[59::60] ** 2)

    def switched(system):
        both = jax.tree.map(lambda leaf: jnp.stack([leaf, leaf]), system)
        return jnp.sum(simulate_switched(both, regime, inputs, 5.0, start)[59::60] ** 2)

    expected = jax.jit(jax.grad(plain))(system)
    for other in (blocks, outputs, switched):
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * float(jnp.abs(b).max())),
            jax.jit(jax.grad(other))(system),
            expected,
        )
