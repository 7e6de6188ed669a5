"""Take out of a Word document what Word does not show: hidden runs, styles and table rows.

What is taken out is returned, so that it can be kept apart and reported.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_MOST_PARENTS = 20  # styles based on each other; a circle ends here


def hiding_styles(styles: Any) -> Mapping[str, bool]:
    """Return for each style that says so, or whose parents do, whether it hides its text.

    A style takes what it does not say itself from the one that it is based on (ECMA-376 part 1,
    section 17.7.4.3).
    """
    elements = {_value(style, "styleId"): style for style in styles}
    found: dict[str, bool] = {}
    for name, style in elements.items():
        parent: Any = style
        for _ in range(_MOST_PARENTS):
            if parent is None:
                break
            is_hiding = _vanishes(parent)
            if is_hiding is not None:
                found[name] = is_hiding
                break
            parent = elements.get(_of_child(parent, "{*}basedOn"))
    return found


def take_hidden(root: Any, styles: Mapping[str, bool]) -> Iterator[str]:
    """Take the hidden runs and rows out of a part of the document, and yield what they say.

    A run is hidden by itself, else by its own style, else by its paragraph's (section 17.3.2.41); a
    row of a table by its properties (section 17.4.20).
    """
    for row in [*root.iter("{*}tr")]:
        if _is_on(row.find("{*}trPr/{*}hidden")):
            yield from _taken(row)
    for run in [*root.iter("{*}r")]:
        if _is_hidden(run, styles):
            yield from _taken(run)


def _is_hidden(run: Any, styles: Mapping[str, bool]) -> bool:
    own = _vanishes(run)
    if own is not None:
        return own
    paragraph = next(run.iterancestors("{*}p"), None)
    style = styles.get(_of_child(run, "{*}rPr/{*}rStyle"))
    if style is None and paragraph is not None:
        style = styles.get(_of_child(paragraph, "{*}pPr/{*}pStyle"))
    return bool(style)


def _taken(element: Any) -> Iterator[str]:
    text = "".join(each.text or "" for each in element.iter("{*}t")).strip()
    parent = element.getparent()
    # A row inside a hidden row has gone with it.
    if parent is not None:
        parent.remove(element)
    if text:
        yield text


def _vanishes(element: Any) -> bool | None:
    """Return whether the properties of a run or a style hide it; None if they do not say."""
    vanish = element.find("{*}rPr/{*}vanish")
    return None if vanish is None else _is_on(vanish)


def _is_on(switch: Any) -> bool:
    """Return whether an element that is a switch is there and on (section 17.17.4)."""
    return switch is not None and _value(switch, "val") not in {"0", "false", "off"}


def _of_child(element: Any, path: str) -> str:
    child = element.find(path)
    return "" if child is None else _value(child, "val")


def _value(element: Any, name: str) -> str:
    """Return an attribute; its namespace differs between strict and transitional packages."""
    attributes = element.attrib.items()
    return next((value for key, value in attributes if key.rpartition("}")[2] == name), "")
