"""One check of derivatives for every model: forward and reverse mode against finite differences."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree


def check_gradients(
    function: Callable[[Any], Any], point: Any, *, step: float = 1e-4, rtol: Any = 1e-6, seed: int = 0
) -> None:
    """Raise AssertionError unless the derivatives of ``function`` at ``point`` are right.

    Along one direction a leaf, and one through all leaves, forward mode is compared with a central difference of
    fourth order; reverse mode is compared with forward mode to rounding.

    Args:
        function: pytree of float arrays -> pytree of float arrays, smooth within ``step`` of ``point``.
        point: where to check.
        step: of the difference, relative to the size of each leaf.
        rtol: allowed difference, relative to the largest derivative of each output along the direction; one number,
            or one a leaf of the output.
        seed: of the directions and of the cotangent.
    """
    random = np.random.default_rng(seed)
    point = jax.tree.map(lambda leaf: jnp.asarray(leaf, dtype=float), point)
    leaves, structure = jax.tree.flatten(point)
    output, pull = jax.vjp(function, point)
    allowed = jax.tree.leaves(rtol) * (1 if isinstance(rtol, dict) else len(jax.tree.leaves(output)))
    cotangent = jax.tree.map(lambda leaf: jnp.asarray(random.standard_normal(leaf.shape)), output)
    (gradient,) = pull(cotangent)

    def along(chosen: list[int]) -> Any:
        directions = [
            jnp.asarray(random.uniform(0.5, 1.0, leaf.shape)) * jnp.maximum(jnp.max(jnp.abs(leaf)), 1e-300)
            if index in chosen
            else jnp.zeros_like(leaf)
            for index, leaf in enumerate(leaves)
        ]
        return jax.tree.unflatten(structure, directions)

    def moved(direction: Any, by: float) -> Any:
        return function(jax.tree.map(lambda x, d: x + by * d, point, direction))

    for chosen in [*([index] for index in range(len(leaves))), list(range(len(leaves)))]:
        direction = along(chosen)
        _, forward = jax.jvp(function, (point,), (direction,))
        near = jax.tree.map(jnp.subtract, moved(direction, step), moved(direction, -step))
        far = jax.tree.map(jnp.subtract, moved(direction, 2 * step), moved(direction, -2 * step))
        difference = jax.tree.map(lambda n, f: (8 * n - f) / (12 * step), near, far)
        for name, expected, got, limit in zip(
            jax.tree_util.tree_leaves_with_path(output),
            jax.tree.leaves(difference),
            jax.tree.leaves(forward),
            allowed,
            strict=True,
        ):
            size = max(float(jnp.max(jnp.abs(expected))), 1e-300)
            worst = float(jnp.max(jnp.abs(expected - got))) / size
            assert worst <= limit, f"output {name[0]}: derivative along leaves {chosen} is off by {worst:.2e}"
        forward_product = float(ravel_pytree(cotangent)[0] @ ravel_pytree(forward)[0])
        reverse_product = float(ravel_pytree(gradient)[0] @ ravel_pytree(direction)[0])
        scale = float(jnp.linalg.norm(ravel_pytree(cotangent)[0]) * jnp.linalg.norm(ravel_pytree(forward)[0]))
        apart = abs(forward_product - reverse_product) / max(scale, 1e-300)
        assert apart <= 1e-10, f"reverse mode is {apart:.2e} from forward mode along leaves {chosen}"
