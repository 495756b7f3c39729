"""Constraints on the rows of a table, written as ``part_deviation_um < 30 and (material == "ti" or n_teeth >= 3)``.

    any        = all { "or" all }
    all        = one { "and" one }
    one        = "not" one | "(" any ")" | operand comparison operand
    operand    = column | number | "text"
    comparison = < <= > >= == !=          (= means ==)

A comparison with an empty cell is neither true nor false: such a row is left out.
"""

import re
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from twin.errors import InputError
from twin.sweep.columns import column

TOKEN = re.compile(
    r"\s*(?:(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))"
    r"|(?P<text>\"[^\"]*\"|'[^']*')"
    r"|(?P<sign><=|>=|==|!=|<|>|=|\(|\))"
    r"|(?P<name>[^\W\d][\w.\[\]*-]*))"
)
COMPARE = {
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
    "==": pc.equal,
    "=": pc.equal,
    "!=": pc.not_equal,
}
REMEDY = 'write comparisons as part_deviation_um<30, joined by and, or, not; texts in quotes: scenario=="nist_plate"'


def where(table: pa.Table, expression: str) -> pa.Table:
    """The rows of ``table`` for which ``expression`` holds.

    Raises:
        InputError: the expression is not understood, names no column, or compares a text with a number.
    """
    return table.filter(holds(table, expression))


def holds(table: pa.Table, expression: str) -> pa.ChunkedArray:
    """Whether ``expression`` holds in each row (row,); null where it compares an empty cell."""
    parser = _Parser(expression, _tokens(expression), table)
    mask = parser.any()
    parser.end()
    return mask


@dataclass(frozen=True)
class _Token:
    kind: str
    value: str


def _tokens(expression: str) -> list[_Token]:
    found, place = [], 0
    while expression[place:].strip():
        match = TOKEN.match(expression, place)
        if not match or not match.lastgroup:
            raise _bad(expression, f"'{expression[place:].strip()}' is not understood")
        found.append(_Token(match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return found


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, expression: str, tokens: list[_Token], table: pa.Table):
        self.expression, self.tokens, self.table, self.place = expression, tokens, table, 0

    def any(self) -> Any:
        mask = self.all()
        while self._take("or"):
            mask = pc.or_kleene(mask, self.all())
        return mask

    def all(self) -> Any:
        mask = self.one()
        while self._take("and"):
            mask = pc.and_kleene(mask, self.one())
        return mask

    def one(self) -> Any:
        if self._take("not"):
            return pc.invert(self.one())
        if self._take("("):
            mask = self.any()
            if not self._take(")"):
                raise _bad(self.expression, "a parenthesis is not closed")
            return mask
        left, sign, right = self._operand(), self._next("a comparison"), self._operand()
        if sign.value not in COMPARE:
            raise _bad(self.expression, f"a comparison is expected, not '{sign.value}'")
        if not isinstance(left, pa.ChunkedArray) and not isinstance(right, pa.ChunkedArray):
            raise _bad(self.expression, "a comparison names no column")
        try:
            return COMPARE[sign.value](left, right)
        except pa.ArrowNotImplementedError:
            raise _bad(self.expression, "a text is compared with a number") from None

    def end(self) -> None:
        if self.place < len(self.tokens):
            raise _bad(self.expression, f"'and' or 'or' is expected, not '{self.tokens[self.place].value}'")

    def _operand(self) -> Any:
        token = self._next("a column or a number")
        if token.kind == "number":
            return pa.scalar(float(token.value))
        if token.kind == "text":
            return pa.scalar(token.value[1:-1])
        if token.kind == "name" and token.value not in ("and", "or", "not"):
            values = column(self.table, token.value)
            return values.cast(pa.float64()) if pa.types.is_integer(values.type) else values
        raise _bad(self.expression, f"a column or a number is expected, not '{token.value}'")

    def _next(self, expected: str) -> _Token:
        if self.place == len(self.tokens):
            raise _bad(self.expression, f"it ends where {expected} is expected")
        self.place += 1
        return self.tokens[self.place - 1]

    def _take(self, value: str) -> bool:
        here = self.place < len(self.tokens) and self.tokens[self.place]
        if here and here.kind != "text" and here.value == value:
            self.place += 1
            return True
        return False


def _bad(expression: str, what: str) -> InputError:
    return InputError(f"condition '{expression}': {what}", remedy=REMEDY)
