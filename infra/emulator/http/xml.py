"""Answers as XML, for a caller that accepts XML and not JSON."""

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

# §1.3 (C): the members of an XML error, in this order.
_ERROR_MEMBERS = ("Code", "Message", "RequestId", "Resource")
# Characters that an element's name cannot have are written as .NET writes them.
_NOT_IN_NAME = re.compile(r"[^\w.-]")
# XML 1.0 has no control characters but these three, not even escaped.
_CONTROLS = re.compile(r"[^\t\n\r\x20-\U0010ffff]")
_ERROR_NAMESPACE = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'


def prefers_xml(accept: str) -> bool:
    """Report whether an Accept header names XML before any kind that allows JSON."""
    for part in accept.split(","):
        kind = part.split(";")[0].strip().lower()
        if kind in {"application/xml", "text/xml"}:
            return True
        if kind.endswith(("/json", "*/*")):
            return False
    return False


def error_xml(body: Mapping[str, object]) -> str:
    """Write an error object."""
    members = [f"<{name}>{_text(body.get(name))}</{name}>" for name in _ERROR_MEMBERS]
    return f"<Error {_ERROR_NAMESPACE}>{''.join(members)}</Error>"


def document_xml(body: object) -> str:
    """Write any other answer."""
    return f"<Caspio>{_value(body)}</Caspio>"


def _value(value: object) -> str:
    # §1.3 (C for version 1): members are elements, the items of a list are <Row>, and those of
    # a LIST field, whose keys are numbers, are <item>.
    if isinstance(value, Mapping):
        is_list_field = bool(value) and all(str(key).isdigit() for key in value)
        parts: list[str] = []
        for key, member in value.items():
            if is_list_field:
                quoted = _text(member).replace('"', "&quot;")
                parts.append(f'<item Key="{key}" Value="{quoted}"/>')
            else:
                name = _NOT_IN_NAME.sub(lambda char: f"_x{ord(char[0]):04X}_", str(key))
                parts.append(f"<{name}>{_value(member)}</{name}>")
        return "".join(parts)
    if isinstance(value, list | tuple):
        return "".join(f"<Row>{_value(item)}</Row>" for item in value)
    return _text(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return escape(_CONTROLS.sub("", text))
