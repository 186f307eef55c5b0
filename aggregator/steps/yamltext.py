"""YAML as front matter uses it: plain data to text in the seeds' style, and text to plain data, safely.

Plain data are str, bool, int, float, None, tuples and dicts with str keys. This module knows no item and no key by
name, and does not find the header in a file (`steps.frontmatter`).
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml
from frontmatter.default_handlers import SafeLoader, YAMLHandler

from aggregator.errors import EntryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DEPTH_LIMIT = 100
"""Deeper nesting is refused before libyaml composes it: at 65,000 levels it would take the process down."""
NODE_LIMIT = 10_000
"""Values that a header may hold once its aliases are written out."""

_SPECIAL = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]')
_LETTERS = dict(zip('"\\\0\a\b\t\n\v\f\r\x1b\x85\u2028\u2029', '"\\0abtnvfreNLP', strict=True))
_ESCAPES = {
    **{chr(code): f"\\x{code:02X}" for code in (*range(0x20), *range(0x7F, 0xA0))},
    **{chr(code): f"\\u{code:04X}" for code in (0xFEFF, 0xFFFE, 0xFFFF)},
    **{character: f"\\{letter}" for character, letter in _LETTERS.items()},
}
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_NOT_STRINGS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_OPENERS = "[{-?:"
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)


def quoted(text: str) -> str:
    """Return `text` as a YAML double-quoted scalar on one line (YAML 1.1 §5.7, escapes as PyYAML writes them).

    Lone surrogates, which no UTF-8 file can hold, become U+FFFD.
    """
    if text.isprintable() and '"' not in text and "\\" not in text:  # most texts are, and nothing special is printable
        return f'"{text}"'
    return f'"{_SPECIAL.sub(_escaped, text)}"'


def entry(key: str, value: object, indent: str = "") -> str:
    """Return one mapping entry with its line ends: strings quoted, lists and maps in block style, two spaces deeper."""
    name = _name(key)
    if isinstance(value, str):
        return f"{indent}{name}: {quoted(value)}\n"
    if isinstance(value, dict) and value:
        return f"{indent}{name}:\n" + "".join(entry(str(k), v, indent + "  ") for k, v in value.items())
    if isinstance(value, (list, tuple)) and value:
        return f"{indent}{name}:\n" + "".join(_member(member, indent + "  ") for member in value)
    return f"{indent}{name}: {_scalar(value)}\n"


@lru_cache(maxsize=256)
def _name(key: str) -> str:
    """A key as written: bare where YAML reads it as text."""
    return key if _PLAIN_KEY.fullmatch(key) and key.lower() not in _NOT_STRINGS else quoted(key)


def strings(key: str, values: Iterable[str]) -> str:
    """Return an entry whose value is a list of strings, `[]` if there are none."""
    lines = "".join([f"  - {quoted(value)}\n" for value in values])
    return f"{key}:\n{lines}" if lines else f"{key}: []\n"


def read(header: str, first_line: int = 1) -> dict[str, Any]:
    """Return the mapping that a YAML text holds, as plain data; dates and times keep their type.

    Read by python-frontmatter. `first_line` is the header's place in its file. Raises `EntryError` with the file's line
    for whatever is not a mapping with distinct keys, cannot be read, or is nested or multiplied without measure.
    """
    try:
        _check_depth(header)
        found = YAMLHandler().load(header, Loader=_Loader)
        return {} if found is None else _mapping(found, _Budget())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + mark.line if mark else 0
        raise EntryError(f"front matter: {error.problem or error.context}", line=line) from None
    except yaml.YAMLError as error:
        raise EntryError(f"front matter: {' '.join(str(error).split())}", line=first_line) from None
    except RecursionError:
        raise EntryError("front matter: nested too deeply", line=first_line) from None


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0], "\N{REPLACEMENT CHARACTER}")


def _member(value: object, indent: str) -> str:
    if isinstance(value, dict) and value:
        lines = "".join(entry(str(k), v, indent + "  ") for k, v in value.items())
        return f"{indent}- {lines[len(indent) + 2 :]}"
    if isinstance(value, (list, tuple)) and value:
        lines = "".join(_member(member, indent + "  ") for member in value)
        return f"{indent}- {lines[len(indent) + 2 :]}"
    return f"{indent}- {_scalar(value)}\n"


def _scalar(value: object) -> str:
    """One value on one line; what YAML would read as another type is quoted."""
    if isinstance(value, float):
        return _float(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (dict, list, tuple)):
        return "{}" if isinstance(value, dict) else "[]"
    return quoted(str(value))


def _float(value: float) -> str:
    text = repr(value)
    if text.lstrip("-") in {"inf", "nan"}:
        return text.replace("inf", ".inf").replace("nan", ".nan")
    return text if "." in text else text.replace("e", ".0e", 1)  # YAML 1.1 knows no float without a point


def _check_depth(header: str) -> None:
    """Refuse nesting that libyaml would recurse into. Its event stream does not recurse, but costs time."""
    if sum(map(header.count, _OPENERS)) <= DEPTH_LIMIT:
        return
    depth = 0
    for event in yaml.parse(header, Loader=SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEPTH_LIMIT:
                raise _Refused("nested too deeply", event.start_mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Refused(yaml.MarkedYAMLError):
    """Our own complaint, with its place."""

    def __init__(self, problem: str, mark: Any) -> None:
        super().__init__(problem=problem, problem_mark=mark)


class _Loader(SafeLoader):  # type: ignore[misc, valid-type]  # python-frontmatter's: libyaml's where PyYAML has it
    """PyYAML's safe loader, with a place for every complaint and a measure for merge keys."""

    def get_single_node(self) -> yaml.Node | None:
        """Return the document's node; a repeated or empty key at the top is an error, since one value would be lost."""
        node: yaml.Node | None = super().get_single_node()
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, _ in node.value:
                if key.tag == "tag:yaml.org,2002:null":
                    raise _Refused("a key is empty or null", key.start_mark)
                if not isinstance(key, yaml.ScalarNode):
                    continue
                if key.value in seen:
                    raise _Refused(f"{key.value} stands here twice", key.start_mark)
                seen.add(key.value)
        elif node is not None:
            raise _Refused("not a list of keys and values", node.start_mark)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:  # PyYAML's signature
        """Return a node's value; what PyYAML's converters choke on (2025-02-30, 5,000 digits) gets its place."""
        try:
            value: object = super().construct_object(node, deep=deep)
            str(value if isinstance(value, int) else "")  # hexadecimal may be longer than Python would write out
        except _UNREADABLE:
            shown = str(node.value)[:40] if isinstance(node, yaml.ScalarNode) else node.tag
            raise _Refused(f"unreadable value {shown!r}", node.start_mark) from None
        return value

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Resolve merge keys, as long as they do not multiply."""
        super().flatten_mapping(node)
        if len(node.value) > NODE_LIMIT:
            raise _Refused("merge keys multiply without measure", node.start_mark)


class _Budget:
    """What is left of `NODE_LIMIT` while aliases are written out."""

    def __init__(self) -> None:
        self.left = NODE_LIMIT

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise yaml.YAMLError("aliases multiply without measure")


def _mapping(found: Mapping[object, object], budget: _Budget) -> dict[str, Any]:
    return {str(key): _plain(value, budget) for key, value in found.items()}


def _plain(value: object, budget: _Budget) -> object:
    budget.spend()
    if value is None or isinstance(value, (str, int, float, date)):
        return value
    if isinstance(value, dict):
        return _mapping(value, budget)
    if isinstance(value, (list, tuple, set)):
        return tuple(_plain(member, budget) for member in value)
    return str(value)
