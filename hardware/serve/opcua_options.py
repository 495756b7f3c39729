"""What the OPC UA server can be told."""

from dataclasses import dataclass

from twin.errors import InputError
from twin.units import Time

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, kw_only=True)
class OpcuaServerOptions:
    """Address, who may read, and limits. Nobody may write."""

    host: str = "127.0.0.1"
    """Address to listen at; another than this computer's own needs a user."""
    port: int = 4840
    """0: the system chooses."""
    user: str | None = None
    """Who may read; none: anybody on this computer, without encryption."""
    password_variable: str = "TWIN_OPCUA_PASSWORD"
    """Environment variable that holds the user's password."""
    keys: str | None = None
    """Folder of our certificate and key, made at the first start; none: the user's folder."""
    trusted: str | None = None
    """Folder with the certificates (DER) of the clients that may connect; none: any, with the password."""
    publishing: Time = 0.1
    """How often variables are written; arrays hold all samples since the last time."""
    n_sessions: int = 20
    """Connections at a time."""
    n_subscriptions: int = 100
    """At a time, of all clients."""
    n_queue: int = 10_000
    """Values that wait for a slow client, per variable."""
    n_request_bytes: int = 1 << 20
    """Longest request, in one or more pieces."""
    n_requests_per_second: int = 5000
    """Of one client; who asks more often waits."""


def check_server_options(options: OpcuaServerOptions) -> None:
    """Raise InputError for a server that would be open to a network without a password."""
    if options.host not in LOOPBACK and options.user is None:
        raise InputError(
            f"serving at {options.host} would let everybody in", remedy="name a user, or serve at 127.0.0.1"
        )
    if options.trusted is not None and options.user is None:
        raise InputError("trusted certificates are asked of nobody without a user", remedy="name a user")
