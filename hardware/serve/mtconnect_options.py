"""What the MTConnect agent can be told."""

from dataclasses import dataclass

from twin.errors import InputError
from twin.units import Time

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, kw_only=True)
class MtconnectServerOptions:
    """Address and limits. The agent is read only; the protocol knows no login."""

    host: str = "127.0.0.1"
    """Address to listen at."""
    open_to_network: bool = False
    """Must be true for another address than this computer's own: everybody who reaches it may read."""
    port: int = 5000
    """0: the system chooses."""
    publishing: Time = 0.1
    """How often values are observed; time series hold all rows since the last time."""
    n_buffer: int = 32_768
    """Observations that are kept."""
    n_requests_per_second: int = 200
    """Of one client; more are refused."""
    n_connections: int = 32
    """At a time."""
    n_request_bytes: int = 16_384
    """Longest request, its head included."""
    timeout: Time = 10.0
    """For a client to send its request, and to take in a part of the answer."""


def check_options(options: MtconnectServerOptions) -> None:
    """Raise InputError for limits that cannot be, and for an agent that would be open by accident."""
    if options.host not in LOOPBACK and not options.open_to_network:
        raise InputError(
            f"serving at {options.host} lets everybody on the network read",
            remedy="serve at 127.0.0.1, or say open_to_network=true",
        )
    for name in ("n_buffer", "n_requests_per_second", "n_connections", "n_request_bytes", "publishing", "timeout"):
        if not getattr(options, name) > 0:
            raise InputError(f"{name} of the agent must be positive")
