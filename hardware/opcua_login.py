"""Who we are to an OPC UA server: user, password, certificates."""

import logging
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from hardware.opcua_options import OpcuaOptions
from twin.errors import InputError

APPLICATION = "urn:machining-twin:client"
SESSION = 60_000  # [ms] that the server keeps us when we fall silent
HERE = {"127.0.0.1", "localhost", "::1"}
MODES = {"sign": "Sign", "sign_and_encrypt": "SignAndEncrypt"}


def user_folder() -> Path:
    """Where keys of this user are kept."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "machining-twin" / "opcua"


def import_asyncua() -> Any:
    """The library.

    Raises:
        InputError: it is not installed.
    """
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)  # what matters is raised or noted
    try:
        import asyncua
    except ImportError:
        raise InputError("OPC UA needs asyncua", remedy='pip install "machining-twin[opcua]"') from None
    return asyncua


async def prepared_client(options: OpcuaOptions) -> Any:
    """A client of the server that is ready to connect.

    Raises:
        InputError: the login cannot be used: no password, no key, a password that would travel in the clear.
    """
    asyncua = import_asyncua()
    from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256

    if options.url is None or urlparse(options.url).scheme != "opc.tcp" or not urlparse(options.url).hostname:
        raise InputError(f"bench.url is {options.url!r}", remedy="url=opc.tcp://host:4840/")
    client = asyncua.Client(options.url, timeout=options.timeout, watchdog_intervall=options.timeout)
    client.application_uri, client.name, client.session_timeout = APPLICATION, "machining-twin", SESSION
    login = options.login
    if login.user is not None:
        password = os.environ.get(login.password_variable)
        if password is None:
            raise InputError(
                f"there is no password for {login.user}", remedy=f"put it into the variable {login.password_variable}"
            )
        if login.security == "none" and urlparse(options.url).hostname not in HERE:
            raise InputError(
                "the password would travel over the network in the clear",
                remedy="bench.login.security=sign_and_encrypt",
            )
        client.set_user(login.user)
        client.set_password(password)
    if login.security != "none":
        certificate, key = await _pair(client, login.certificate, login.private_key)
        mode = getattr(asyncua.ua.MessageSecurityMode, MODES[login.security])
        await client.set_security(
            SecurityPolicyBasic256Sha256, certificate, key, server_certificate=login.server_certificate, mode=mode
        )
    return client


async def _pair(client: Any, certificate: str | None, key: str | None) -> tuple[str, str]:
    if (certificate is None) != (key is None):
        raise InputError("certificate and private key belong together", remedy="give both, or neither")
    if certificate is not None and key is not None:
        for file in (certificate, key):
            if not Path(file).is_file():
                raise InputError("there is no such file", file=file)
        return certificate, key
    folder = user_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made, secret = await client.setup_self_signed_certificate(folder / "client_key.pem", folder / "client.der")
    secret.chmod(0o600)
    return str(made), str(secret)
