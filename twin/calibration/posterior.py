"""What is known of the parameters afterwards: the Laplace approximation, and which of it the prior alone says.

In z the prior is a unit normal and the measurements add the information J'J: the posterior is normal with covariance
(I + J'J)^-1. Along an eigenvector of J'J with eigenvalue h the prior's variance 1 shrinks to 1 / (1 + h); where h < 1
the prior says more than the measurements, and the combination of parameters is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from twin.calibration.fit import Fit
from twin.calibration.parameters import Parameter

WITHIN_95 = 1.959964  # standard deviations of a normal
LEFT_OF_IDENTIFIED = 0.25  # of the prior's variance: the interval is at least halved
NAMED = 0.3  # least part of a direction (of length 1) for a parameter to be named in it

Verdict = Literal["identified", "partly", "prior only"]


@dataclass(frozen=True)
class Estimate:
    """One parameter, before and after; values in the unit of its name."""

    name: str
    prior: tuple[float, float, float]  # median and the bounds of 95 %
    value: float  # most probable
    lower: float  # 95 % interval
    upper: float
    variance_left: float  # of the prior's, 0..1
    verdict: Verdict


@dataclass(frozen=True)
class Direction:
    """A combination of parameters (in prior deviations) of which the measurements say less than the prior."""

    information: float  # of the measurements along it; the prior has 1
    parts: tuple[tuple[str, float], ...]  # the parameters that make it up, largest first

    def __str__(self) -> str:
        return " ".join(f"{part:+.2f} {name}" for name, part in self.parts)


def covariance(found: Fit) -> np.ndarray:
    """(parameter, parameter) of the posterior, in z."""
    return np.linalg.inv(found.information + np.eye(len(found.z)))


def estimates(found: Fit) -> tuple[Estimate, ...]:
    """Every parameter with its 95 % interval; that of a log-normal one is not symmetric."""
    deviation = np.sqrt(np.diag(covariance(found)))
    return tuple(
        _estimate(p, z, d) for p, z, d in zip(found.parameters, found.z.tolist(), deviation.tolist(), strict=True)
    )


def undetermined(found: Fit) -> tuple[Direction, ...]:
    """The directions in which the prior says more than the measurements, the least measured first."""
    return directions([p.name for p in found.parameters], found.information)


def directions(names: Sequence[str], information: np.ndarray) -> tuple[Direction, ...]:
    """As :func:`undetermined`, of any information matrix (parameter, parameter) in z."""
    strength, vectors = np.linalg.eigh(information)
    weak = []
    for k in np.flatnonzero(strength < 1.0):
        vector = vectors[:, k] * np.sign(vectors[np.argmax(np.abs(vectors[:, k])), k])
        order = np.argsort(-np.abs(vector))
        parts = tuple((names[i], float(vector[i])) for i in order if abs(vector[i]) >= NAMED)
        weak.append(Direction(float(max(strength[k], 0.0)), parts or ((names[order[0]], float(vector[order[0]])),)))
    return tuple(weak)


def samples(found: Fit, n: int, seed: int) -> np.ndarray:
    """(n, parameter) values drawn from the posterior."""
    root = np.linalg.cholesky(covariance(found))
    z = found.z + np.random.default_rng(seed).standard_normal((n, len(found.z))) @ root.T
    return np.stack([np.asarray(p.value(z[:, i])) for i, p in enumerate(found.parameters)], axis=1)


def _estimate(parameter: Parameter, z: float, deviation: float) -> Estimate:
    def at(where: float) -> float:
        return float(parameter.value(np.asarray(where)))

    left = deviation**2
    verdict: Verdict = "identified" if left <= LEFT_OF_IDENTIFIED else "partly" if left <= 0.9 else "prior only"
    return Estimate(
        name=parameter.name,
        prior=(parameter.median, at(-WITHIN_95), at(WITHIN_95)),
        value=at(z),
        lower=at(z - WITHIN_95 * deviation),
        upper=at(z + WITHIN_95 * deviation),
        variance_left=left,
        verdict=verdict,
    )
