"""Answers as XML, for a caller that accepts that and not JSON."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

_ERROR = ("Code", "Message", "RequestId", "Resource")


def prefers_xml(accept: str) -> bool:
    """Say whether an Accept header asks for XML rather than JSON."""
    kinds = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    xml = next(
        (at for at, kind in enumerate(kinds) if kind in {"application/xml", "text/xml"}), None
    )
    json = next((at for at, kind in enumerate(kinds) if kind.endswith(("/json", "*/*"))), None)
    return xml is not None and (json is None or xml < json)


def error_xml(body: Mapping[str, object]) -> str:
    """Write an error object; its members come in a fixed order."""
    inside = "".join(f"<{name}>{_text(body.get(name))}</{name}>" for name in _ERROR)
    return f'<Error xmlns:i="http://www.w3.org/2001/XMLSchema-instance">{inside}</Error>'


def document_xml(body: object) -> str:
    """Write any other answer: members as elements, a list's items as <Row>, a list field's as <item>."""
    return f"<Caspio>{_inside(body)}</Caspio>"


def _inside(value: object) -> str:
    if isinstance(value, Mapping):
        if value and all(str(name).isdigit() for name in value):
            return "".join(
                f'<item Key="{name}" Value="{_quoted(one)}"/>' for name, one in value.items()
            )
        return "".join(
            f"<{_name(str(name))}>{_inside(one)}</{_name(str(name))}>"
            for name, one in value.items()
        )
    if isinstance(value, list | tuple):
        return "".join(f"<Row>{_inside(one)}</Row>" for one in value)
    return _text(value)


def _name(name: str) -> str:
    """Encode what an element's name cannot have, as .NET does."""
    return "".join(
        char if char.isalnum() or char in "_-." else f"_x{ord(char):04X}_" for char in name
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return escape("".join(char for char in text if char >= " " or char in "\t\n\r"))


def _quoted(value: object) -> str:
    return _text(value).replace('"', "&quot;")
