"""Keeps the OPC UA server within its limits: who comes in, what they may ask, how much and how often."""

import asyncio
import hmac
import os
import struct
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asyncua import Server, ua
from asyncua.common.utils import ServiceError
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.crypto.permission_rules import USER_TYPES, PermissionRuleset, User, UserRole
from asyncua.crypto.security_policies import SecurityPolicyFactory, SecurityPolicyNone
from asyncua.server.binary_server_asyncio import BinaryServer, OPCUAProtocol
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from hardware.opcua_login import user_folder
from hardware.serve.opcua_options import OpcuaServerOptions
from twin.errors import InputError

APPLICATION = "urn:machining-twin:server"
CHUNK = 65_535  # bytes of a piece of a message
MOST_FAILURES, WITHIN = 20, 60.0  # wrong passwords in so many seconds, after which nobody is let in for a while
SHORTEST_SESSION, LONGEST_SESSION = 5_000.0, 600_000.0  # [ms] without a request
PENDING = 100  # requests of a connection that wait; more: it is cut
WRITING = {
    ua.ObjectIds.WriteRequest_Encoding_DefaultBinary,
    ua.ObjectIds.CallRequest_Encoding_DefaultBinary,
    ua.ObjectIds.HistoryReadRequest_Encoding_DefaultBinary,
}


class OnlyReading(PermissionRuleset):
    """Everybody may browse, read and subscribe; nobody may write or change the address space.

    Args:
        calls: methods may be called.
    """

    def __init__(self, calls: bool = False) -> None:
        refused = WRITING - {ua.ObjectIds.CallRequest_Encoding_DefaultBinary} if calls else WRITING
        self._allowed = {ua.NodeId(ua.Int32(kind)) for kind in USER_TYPES if kind not in refused}

    def check_validity(self, user: User, action_type: Any, body: Any) -> bool:
        return action_type in self._allowed


class Nothing(PermissionRuleset):
    """For a connection that may ask for the server's endpoints and no more."""

    def check_validity(self, user: User, action_type: Any, body: Any) -> bool:
        return False


class OneUser:
    """Lets in who knows the password.

    Args:
        user: None: anybody.
    """

    def __init__(self, user: str | None, password: str):
        self._user, self._password = user, password
        self._failures: deque[float] = deque(maxlen=MOST_FAILURES)

    def get_user(
        self, iserver: Any, username: str | None = None, password: str | None = None, certificate: Any = None
    ) -> User | None:
        """As the library asks; None refuses."""
        if self._user is None:
            return User(role=UserRole.User)
        now = time.monotonic()
        if len(self._failures) == MOST_FAILURES and now - self._failures[0] < WITHIN:
            return None
        known = hmac.compare_digest((username or "").encode(), self._user.encode())
        fits = hmac.compare_digest((password or "").encode(), self._password.encode())
        if known and fits:
            return User(role=UserRole.User, name=username)
        self._failures.append(now)
        return None


class GuardedProtocol(OPCUAProtocol):
    """A connection that is cut at an oversized request, and slowed when it asks too often."""

    longest, fastest = CHUNK, 1000  # bytes of a request, requests a second
    _asked, _since, _pieces = 0, 0.0, 0

    def data_received(self, data: bytes) -> None:
        """Refuse what announces itself as too large before it is collected."""
        head = (self._buffer[:8] + data[:8])[:8]
        if len(head) == 8 and struct.unpack_from("<I", head, 4)[0] > CHUNK:
            self._buffer = b""
            self._cut()
            return
        super().data_received(data)

    async def _process_one_msg(self, header: Any, buf: Any) -> bool:
        self._pieces += header.body_size
        if self._pieces > self.longest:
            self._cut()
            return False
        if header.ChunkType != ua.ChunkType.Intermediate:
            self._pieces = 0
        now = time.monotonic()
        if now - self._since >= 1.0:
            self._asked, self._since = 0, now
        self._asked += 1
        if self._asked > self.fastest:
            await asyncio.sleep(self._since + 1.0 - now)
        return await super()._process_one_msg(header, buf)

    def _cut(self) -> None:
        if self.transport is not None:
            self.transport.close()


class GuardedListener(BinaryServer):
    """Makes guarded connections."""

    def __init__(self, *arguments: Any, longest: int, fastest: int):
        super().__init__(*arguments)
        self._longest, self._fastest = longest, fastest

    def _make_protocol(self) -> OPCUAProtocol:
        made = GuardedProtocol(self.iserver, self._policies, self.clients, self.closing_tasks, self.limits)
        made.longest, made.fastest = self._longest, self._fastest
        return made


class GuardedServer(Server):
    """The library's server with our limits on every connection.

    Args:
        calls: clients may call methods.

    Raises:
        InputError: a user is named, but no password is given.
    """

    def __init__(self, options: OpcuaServerOptions, calls: bool = False):
        password = os.environ.get(options.password_variable, "") if options.user is not None else ""
        if options.user is not None and not password:
            raise InputError(
                f"there is no password for {options.user}",
                remedy=f"put it into the variable {options.password_variable}",
            )
        super().__init__(user_manager=OneUser(options.user, password))  # type: ignore[arg-type]
        self._options, self._rules = options, OnlyReading(calls)

    async def protect(self) -> None:
        """Set what the server asks of clients, after its ``init``."""
        options, inner = self._options, self.iserver
        inner.max_connections, inner.max_subscriptions = options.n_sessions, options.n_subscriptions
        inner.max_monitored_item_queue_size = options.n_queue
        inner.max_pending_messages_per_connection = PENDING
        inner.min_session_timeout_ms, inner.max_session_timeout_ms = SHORTEST_SESSION, LONGEST_SESSION
        inner.allow_remote_admin = False
        inner.certificate_validator = _only(options.trusted) if options.trusted is not None else None
        if options.user is None:
            self.set_identity_tokens([ua.AnonymousIdentityToken])
            self.set_security_policy([ua.SecurityPolicyType.NoSecurity], permission_ruleset=self._rules)  # type: ignore[arg-type]
            return
        self.set_identity_tokens([ua.UserNameIdentityToken])
        policies = [ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt, ua.SecurityPolicyType.Basic256Sha256_Sign]
        self.set_security_policy(policies, permission_ruleset=self._rules)  # type: ignore[arg-type]
        folder = Path(options.keys) if options.keys is not None else user_folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key, certificate = folder / "server_key.pem", folder / "server.der"
        await setup_self_signed_certificate(
            key, certificate, APPLICATION, options.host, [ExtendedKeyUsageOID.SERVER_AUTH], {}
        )
        key.chmod(0o600)
        await self.load_certificate(certificate)
        await self.load_private_key(key)

    async def start(self) -> None:
        """As the library's, with guarded connections; a connection without security may only ask for endpoints."""
        await self._setup_server_nodes()
        if self._options.user is not None:
            none = SecurityPolicyFactory(SecurityPolicyNone, ua.MessageSecurityMode.None_, permission_ruleset=Nothing())
            self._policies.append(none)
        await self.iserver.start()
        self.bserver = GuardedListener(
            self.iserver,
            self._options.host,
            self._options.port,
            self.limits,
            longest=self._options.n_request_bytes,
            fastest=self._options.n_requests_per_second,
        )
        self.bserver.set_policies(self._policies)
        try:
            await self.bserver.start()
        except OSError as error:
            await self.iserver.stop()
            raise InputError(
                f"cannot serve at {self._options.host}:{self._options.port}: {error.strerror}",
                remedy="choose another port",
            ) from None


def _only(folder: str) -> Any:
    """A check that a client's certificate is one of those in ``folder`` and has not run out."""
    if not Path(folder).is_dir():
        raise InputError("there is no such folder of certificates", file=folder)

    async def check(certificate: Any, application: Any) -> None:
        known = {file.read_bytes() for file in Path(folder).glob("*.der")}
        if certificate.public_bytes(Encoding.DER) not in known:
            raise ServiceError(ua.StatusCodes.BadCertificateUntrusted)
        if not certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc:
            raise ServiceError(ua.StatusCodes.BadCertificateTimeInvalid)

    return check
