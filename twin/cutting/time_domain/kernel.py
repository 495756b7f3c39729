"""The compiled loop over time: chip from the surface left behind, force, kick and drift of the modes."""

import numpy as np
from numba import njit, prange

# Columns of what is recorded at each step.
DISPLACEMENT, FORCE = slice(0, 3), slice(3, 6)
N_COLUMNS = 6


@njit(cache=True, parallel=True, error_model="numpy", fastmath={"nnan", "nsz", "contract", "arcp"})
def advance(
    weight: np.ndarray,
    sine: np.ndarray,
    cosine: np.ndarray,
    trail: np.ndarray,
    feed: np.ndarray,
    farther: np.ndarray,
    slope: np.ndarray,
    edge: np.ndarray,
    drag: np.ndarray,
    drift: np.ndarray,
    kick: np.ndarray,
    direction: np.ndarray,
    n_steps: int,
    recorded: np.ndarray,
) -> None:
    """Fill ``recorded`` (case, step, column) with the last steps of ``n_steps``: displacement [m] and force [N].

    A step is one increment of the rotation: the force of all teeth kicks the modes, then each drifts exactly as a
    free damped oscillator (Strang splitting: second order in the step). The surface is kept as its radius at
    each slice and angle of the revolution, as seen from the nominal tool: between two teeth it comes nearer
    by the feed, a tooth that reaches beyond it takes a chip and leaves its own path, one that does not leaves it.

    Args:
        weight: (case, slice, angle) part of the step within the arc of engagement.
        sine: (case, slice, angle) of the immersion.
        cosine: (case, slice, angle)
        trail: (case, tooth, slice) whole steps by which the edge trails the tip of tooth 0.
        feed: (case, tooth, slice) [m] since the tooth before.
        farther: (case, tooth, slice) [m] by which the tooth reaches beyond the mean.
        slope: (case, slice) rise of the radius over the height.
        edge: (case, tooth, slice, 6): per radial chip thickness [N/m] and constant [N], the tangential force, the
            force inwards and the force upwards.
        drag: (case, slice) [N s/m] force along the radius per radial velocity.
        drift: (case, mode, 2, 2) free motion of displacement and velocity over a step.
        kick: (case, mode) [s/kg] velocity per modal force held for a step.
        direction: (case, mode, 3) ahead, left, up.
        n_steps: in all.
        recorded: the last of them.
    """
    n_cases, n_slices, n_angles = weight.shape
    n_teeth, n_modes = trail.shape[1], kick.shape[1]
    first = n_steps - recorded.shape[1]
    for case in prange(n_cases):
        surface = np.zeros((n_slices, n_angles))
        displacement = np.zeros(n_modes)
        velocity = np.zeros(n_modes)
        damped = drag[case].max() > 0
        rotation = 0
        for step in range(n_steps):
            ahead = left = up = 0.0
            for mode in range(n_modes):
                ahead += direction[case, mode, 0] * displacement[mode]
                left += direction[case, mode, 1] * displacement[mode]
                up += direction[case, mode, 2] * displacement[mode]
            force_ahead = force_left = force_up = 0.0
            # damping matrix of the contact, symmetric: ahead-ahead, ahead-left, left-left, ahead-up, left-up, up-up
            c_aa = c_al = c_ll = c_au = c_lu = c_uu = 0.0
            for s in range(n_slices):
                rise = slope[case, s]
                for tooth in range(n_teeth):
                    angle = rotation - trail[case, tooth, s]
                    while angle < 0:
                        angle += n_angles
                    part = weight[case, s, angle]
                    if part == 0.0:
                        continue
                    sin_phi, cos_phi = sine[case, s, angle], cosine[case, s, angle]
                    reach = sin_phi * ahead + cos_phi * left - rise * up + farther[case, tooth, s]
                    left_behind = surface[s, angle] - feed[case, tooth, s] * sin_phi
                    chip = reach - left_behind
                    if chip < 0.0:
                        surface[s, angle] = left_behind
                        continue
                    surface[s, angle] = reach
                    of_edge = edge[case, tooth, s]
                    tangential = part * (of_edge[0] * chip + of_edge[1])
                    inward = part * (of_edge[2] * chip + of_edge[3])
                    force_ahead -= tangential * cos_phi + inward * sin_phi
                    force_left += tangential * sin_phi - inward * cos_phi
                    force_up += part * (of_edge[4] * chip + of_edge[5])
                    if damped:
                        c = part * drag[case, s]
                        c_aa += c * sin_phi * sin_phi
                        c_al += c * sin_phi * cos_phi
                        c_ll += c * cos_phi * cos_phi
                        c_au -= c * sin_phi * rise
                        c_lu -= c * cos_phi * rise
                        c_uu += c * rise * rise
            if damped:
                # the velocity in the middle of the kick, by one step of prediction: keeps the second order
                total_ahead = total_left = total_up = 0.0
                for half in range(2):
                    v_ahead = v_left = v_up = 0.0
                    for mode in range(n_modes):
                        d = direction[case, mode]
                        push = d[0] * total_ahead + d[1] * total_left + d[2] * total_up
                        v = velocity[mode] + half * kick[case, mode] / 2 * push
                        v_ahead += d[0] * v
                        v_left += d[1] * v
                        v_up += d[2] * v
                    total_ahead = force_ahead - c_aa * v_ahead - c_al * v_left - c_au * v_up
                    total_left = force_left - c_al * v_ahead - c_ll * v_left - c_lu * v_up
                    total_up = force_up - c_au * v_ahead - c_lu * v_left - c_uu * v_up
                force_ahead, force_left, force_up = total_ahead, total_left, total_up
            if step >= first:
                row = recorded[case, step - first]
                row[0], row[1], row[2] = ahead, left, up
                row[3], row[4], row[5] = force_ahead, force_left, force_up
            for mode in range(n_modes):
                push = (
                    direction[case, mode, 0] * force_ahead
                    + direction[case, mode, 1] * force_left
                    + direction[case, mode, 2] * force_up
                )
                q, v = displacement[mode], velocity[mode] + kick[case, mode] * push
                displacement[mode] = drift[case, mode, 0, 0] * q + drift[case, mode, 0, 1] * v
                velocity[mode] = drift[case, mode, 1, 0] * q + drift[case, mode, 1, 1] * v
            rotation += 1
            if rotation == n_angles:
                rotation = 0
