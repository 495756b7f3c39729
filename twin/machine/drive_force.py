"""The force that a feed drive gives at the carriage: friction, inertia, and against the cut."""

from math import pi

import jax.numpy as jnp

from twin.compiled import Array
from twin.thermal.network import FeedDrive


def coulomb_force(drive: FeedDrive) -> Array:
    """Dry friction [N] of guides, and of screw and nut, at the carriage."""
    return drive.friction_force + 2 * pi * drive.friction_torque / drive.lead


def drive_force(drive: FeedDrive, speed: Array, acceleration: Array, cutting_force: Array) -> Array:
    """Force [N] of the drive in the direction of its axis, any shape; at rest it holds the cut alone.

    Args:
        speed: [m/s], exactly zero at rest.
        acceleration: [m/s2].
        cutting_force: [N] of the part on the tool, along the axis.
    """
    friction = coulomb_force(drive) * jnp.sign(speed) + drive.viscous_friction * speed
    return friction + drive.moving_mass * acceleration - cutting_force
