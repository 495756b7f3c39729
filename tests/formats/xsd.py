"""Validation of a file against an XML schema by libxml2, where the library is installed."""

import ctypes
import ctypes.util
import os
from pathlib import Path

import pytest

REPORT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)


class _Error(ctypes.Structure):
    """The beginning of libxml2's xmlError."""

    _fields_ = [
        ("domain", ctypes.c_int),
        ("code", ctypes.c_int),
        ("message", ctypes.c_char_p),
        ("level", ctypes.c_int),
        ("file", ctypes.c_char_p),
        ("line", ctypes.c_int),
    ]


class Schema:
    """A compiled schema. Skips the test (fails under CI) where libxml2 is not installed."""

    def __init__(self, file: Path):
        name = ctypes.util.find_library("xml2")
        if name is None:
            message = "libxml2 is not installed: no validation against the schema"
            pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
        self.xml = ctypes.CDLL(name)
        for function in (
            "xmlSchemaNewParserCtxt",
            "xmlSchemaParse",
            "xmlSchemaNewValidCtxt",
            "xmlReadFile",
        ):
            getattr(self.xml, function).restype = ctypes.c_void_p
        parser = ctypes.c_void_p(self.xml.xmlSchemaNewParserCtxt(str(file).encode()))
        self.schema = ctypes.c_void_p(self.xml.xmlSchemaParse(parser))
        assert self.schema, f"{file} is no schema that libxml2 can read"

    def errors(self, file: Path) -> list[str]:
        """What is invalid in ``file``; empty where it is valid."""
        found: list[str] = []

        def report(_: int, error: int) -> None:
            e = ctypes.cast(error, ctypes.POINTER(_Error)).contents
            found.append(f"line {e.line}: {(e.message or b'').decode().strip()}")

        callback = REPORT(report)
        document = ctypes.c_void_p(self.xml.xmlReadFile(str(file).encode(), None, 0))
        assert document, f"{file} is not well-formed"
        context = ctypes.c_void_p(self.xml.xmlSchemaNewValidCtxt(self.schema))
        self.xml.xmlSchemaSetValidStructuredErrors(context, callback, None)
        status = self.xml.xmlSchemaValidateDoc(context, document)
        assert (status == 0) == (not found)
        self.xml.xmlSchemaFreeValidCtxt(context)
        self.xml.xmlFreeDoc(document)
        return found
