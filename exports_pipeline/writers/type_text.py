"""DuckDB's texts for types, read as trees."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"""\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|[()\[\],]|[^\s()\[\],"']+)""")


@dataclass(frozen=True, kw_only=True)
class Type:
    """A type; nested ones have children."""

    kind: str
    """Upper case without arguments: `DECIMAL`, `LIST`, `ARRAY`, `STRUCT`, `TUPLE`, `MAP`, `UNION`."""
    children: tuple[tuple[str, "Type"], ...] = ()
    """Name and type of each part; the name is empty where a part has none."""

    @property
    def is_nested(self) -> bool:
        """Whether values of it have parts."""
        return bool(self.children)


def parse_type(text: str) -> Type:
    """The tree of a type as DESCRIBE spells it."""
    return _Reader(_TOKEN.findall(text)).type()


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def type(self) -> Type:
        found = self._plain()
        while self._peek() == "[":
            self._next()
            size = self._next()
            if size != "]":
                self._next()
            found = Type(kind="LIST" if size == "]" else "ARRAY", children=(("", found),))
        return found

    def _plain(self) -> Type:
        words = [self._next().upper()]
        if words[0] in {"STRUCT", "UNION", "MAP", "TUPLE"} and self._peek() == "(":
            return Type(kind=words[0], children=self._parts(named=words[0] in {"STRUCT", "UNION"}))
        while (token := self._peek()) and token[0] not in "()[],'\"":
            words.append(self._next().upper())
        if self._peek() == "(":
            self._skip_arguments()
        while (token := self._peek()) and token[0] not in "()[],'\"":
            words.append(self._next().upper())
        return Type(kind=" ".join(words))

    def _parts(self, *, named: bool) -> tuple[tuple[str, Type], ...]:
        parts = []
        while self._next() != ")":
            name = _unquoted(self._next()) if named else ""
            parts.append((name, self.type()))
            if self._peek() == ")":
                self._next()
                break
        return tuple(parts)

    def _skip_arguments(self) -> None:
        while self._next() != ")":
            pass

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise ValueError("The text of the type ends early.")
        self._at += 1
        return token


def _unquoted(token: str) -> str:
    return token[1:-1].replace('""', '"') if token.startswith('"') else token
