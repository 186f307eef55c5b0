"""Author lines of RSS, taken apart: `mail (name)`, `name <mail>`, a name or a mail address alone.

This module does not check that an address exists, nor that a name is one.
"""

from __future__ import annotations

import re

from aggregator.model import Person

_LIMIT = 500
"""Characters of an author line that are read: longer ones are no names, and long ones cost regular expressions dear."""
_MAIL = r"(?:mailto:)?([^\s@<>()\[\]\",;:]{1,64}@[^\s@<>()\[\]\",;:]{1,190})"
_FORMS = (
    re.compile(rf"(?P<mail>{_MAIL})\s*\((?P<name>.*)\)"),
    re.compile(rf"(?P<name>.*?)\s*[<\[(]\s*(?P<mail>{_MAIL})\s*[>\])]"),
    re.compile(rf"(?P<mail>{_MAIL})\s*[,:-]?\s*(?P<name>.*)"),
)


def person(line: str) -> Person | None:
    """Return whom an author line names (RSS 2.0 `author`, RFC 822 mailboxes); None if it is blank."""
    line = " ".join(line[:_LIMIT].split())
    if not line:
        return None
    for form in _FORMS:
        if "@" in line and (match := form.fullmatch(line)):
            return Person(name=match["name"].strip(" \"'"), email=match["mail"].removeprefix("mailto:"))
    return Person(name=line)
