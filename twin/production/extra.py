"""Libraries of the extra ``production``, loaded where they are needed."""

from importlib import import_module
from typing import Any

from twin.errors import InputError


def production_library(module: str) -> Any:
    """The module.

    Raises:
        InputError: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise InputError(f"this needs {package}", remedy='pip install "machining-twin[production]"') from None
