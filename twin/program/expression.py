"""Expressions of RS274/NGC and Fanuc macro: text to a constant or a function of the parameters."""

import re
from collections.abc import Callable
from math import acos, asin, atan2, ceil, cos, degrees, exp, floor, log, radians, sin, sqrt, tan
from typing import Protocol

from twin.program.words import WordError


class _Vacant(float):
    """Zero in arithmetic, but told apart from a zero by EQ and NE: Fanuc's ``#0``."""


VACANT = _Vacant(0.0)
EQUAL = 1e-4  # RS274/NGC: numbers nearer than this are EQ


class Lookup(Protocol):
    """What an expression reads: the parameters of the running program."""

    def number(self, index: float) -> float: ...
    def name(self, name: str) -> float: ...
    def exists(self, name: str) -> bool: ...


Function = Callable[[Lookup], float]
Value = float | Function

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")
_NAME = re.compile(r"<([^<>]*)>")


def evaluate(value: Value, parameters: Lookup) -> float:
    """The number that a value has now."""
    return value(parameters) if callable(value) else value


def _divide(a: float, b: float) -> float:
    if b == 0:
        raise WordError("division by zero in an expression", "check the divisor")
    return a / b


def _modulo(a: float, b: float) -> float:
    if b == 0:
        raise WordError("MOD by zero in an expression", "check the divisor")
    return a % abs(b)


def _power(a: float, b: float) -> float:
    if a < 0 and b != floor(b):
        raise WordError(f"{a:g} ** {b:g}: a negative number to a fraction", "use ABS or a whole exponent")
    try:
        return float(a**b)
    except (OverflowError, ZeroDivisionError):
        raise WordError(f"{a:g} ** {b:g} is no finite number", "check the expression") from None


def _equal(a: float, b: float) -> bool:
    if (a is VACANT) != (b is VACANT):
        return False
    return abs(a - b) < EQUAL


# operator: (how strongly it binds, what it does); all group from the left
_BINARY: dict[str, tuple[int, Callable[[float, float], float]]] = {
    "**": (5, _power),
    "*": (4, lambda a, b: a * b),
    "/": (4, _divide),
    "mod": (4, _modulo),
    "+": (3, lambda a, b: a + b),
    "-": (3, lambda a, b: a - b),
    "eq": (2, lambda a, b: float(_equal(a, b))),
    "ne": (2, lambda a, b: float(not _equal(a, b))),
    "gt": (2, lambda a, b: float(a > b)),
    "ge": (2, lambda a, b: float(a >= b)),
    "lt": (2, lambda a, b: float(a < b)),
    "le": (2, lambda a, b: float(a <= b)),
    "and": (1, lambda a, b: float(a != 0 and b != 0)),
    "or": (1, lambda a, b: float(a != 0 or b != 0)),
    "xor": (1, lambda a, b: float((a != 0) != (b != 0))),
}
_OPERATOR = re.compile(r"\*\*|\*|/|\+|-|mod|eq|ne|gt|ge|lt|le|and|xor|or")


_Unary = Callable[[float], float]


def _domain(name: str, allowed: Callable[[float], bool], function: _Unary) -> _Unary:
    def checked(x: float) -> float:
        if not allowed(x):
            raise WordError(f"{name}[{x:g}] has no value", "check the argument")
        return function(x)

    return checked


_UNARY: dict[str, _Unary] = {
    "abs": abs,
    "acos": _domain("ACOS", lambda x: -1 <= x <= 1, lambda x: degrees(acos(x))),
    "asin": _domain("ASIN", lambda x: -1 <= x <= 1, lambda x: degrees(asin(x))),
    "cos": lambda x: cos(radians(x)),
    "exp": _domain("EXP", lambda x: x < 709, exp),
    "fix": lambda x: float(floor(x)),
    "fup": lambda x: float(ceil(x)),
    "ln": _domain("LN", lambda x: x > 0, log),
    "round": lambda x: float(floor(x + 0.5)) if x >= 0 else float(ceil(x - 0.5)),
    "sin": lambda x: sin(radians(x)),
    "sqrt": _domain("SQRT", lambda x: x >= 0, sqrt),
    "tan": lambda x: tan(radians(x)),
}
_UNARY_NAME = re.compile("|".join(sorted([*_UNARY, "atan", "exists"], key=len, reverse=True)))


def read_value(text: str, at: int) -> tuple[Value, int]:
    """Reads one value (number, #parameter, [expression] or function) of ``text`` from ``at``.

    ``text`` is lower case without blanks. Returns the value and the place after it.

    Raises:
        WordError: where no value stands there.
    """
    match = NUMBER.match(text, at)
    if match:
        return float(match[0]), match.end()
    head = text[at : at + 1]
    if head == "[":
        return read_expression(text, at)
    if head == "#":
        return _read_parameter(text, at + 1)
    if head in ("+", "-"):
        inner, at = read_value(text, at + 1)
        return (inner if head == "+" else _apply(lambda x: -x, inner)), at
    function = _UNARY_NAME.match(text, at)
    if function:
        return _read_function(text, function[0], function.end())
    found = f"'{text[at : at + 8]}'" if head else "the end of the block"
    raise WordError(f"a number is expected, {found} found", "write a number, a #parameter or an [expression]")


def read_expression(text: str, at: int) -> tuple[Value, int]:
    """Reads ``[...]`` of ``text`` from the bracket at ``at``; returns the value and the place after it."""
    if text[at : at + 1] != "[":
        raise WordError(f"'[' is expected, '{text[at : at + 8]}' found", "put the expression in square brackets")
    value, at = _read_operations(text, at + 1, 0)
    if text[at : at + 1] != "]":
        found = f"'{text[at : at + 8]}'" if at < len(text) else "the end of the block"
        raise WordError(f"']' or an operator is expected, {found} found", "close the square bracket")
    return value, at + 1


def _read_operations(text: str, at: int, weakest: int) -> tuple[Value, int]:
    left, at = read_value(text, at)
    while (match := _OPERATOR.match(text, at)) and _BINARY[match[0]][0] > weakest:
        binding, function = _BINARY[match[0]]
        right, at = _read_operations(text, match.end(), binding)
        left = _apply(function, left, right)
    return left, at


def _read_parameter(text: str, at: int) -> tuple[Value, int]:
    match = _NAME.match(text, at)
    if match:
        name = match[1]
        return (lambda parameters: parameters.name(name)), match.end()
    index, at = read_value(text, at)
    return (lambda parameters: parameters.number(evaluate(index, parameters))), at


def _read_function(text: str, name: str, at: int) -> tuple[Value, int]:
    if name == "exists":
        match = re.compile(r"\[#<([^<>]*)>\]").match(text, at)
        if not match:
            raise WordError("EXISTS needs a named parameter", "write EXISTS[#<name>]")
        parameter = match[1]
        return (lambda parameters: float(parameters.exists(parameter))), match.end()
    first, at = read_expression(text, at)
    if name != "atan":
        return _apply(_UNARY[name], first), at
    if text[at : at + 2] != "/[":
        raise WordError("ATAN needs two arguments", "write ATAN[y]/[x]")
    second, at = read_expression(text, at + 1)
    return _apply(lambda y, x: degrees(atan2(y, x)), first, second), at


def _apply(function: Callable[..., float], *arguments: Value) -> Value:
    """Function of values: at once where all are constant, else when the block runs."""
    if not any(callable(argument) for argument in arguments):
        return function(*arguments)
    return lambda parameters: function(*(evaluate(argument, parameters) for argument in arguments))
