"""The names of values that a form has beside a printed label."""

LABEL = "label:"
"""How the names of values begin that a form has beside a printed label: `label:policy number`."""


def label_name(name: str) -> str:
    """Return the name of a label's value with the label as readers write it; others unchanged.

    A label is lower case, with single blanks, and without the colon or what else follows it.
    """
    if not name.lower().startswith(LABEL):
        return name
    label = name[len(LABEL) :].replace("_", " ").lower()
    return LABEL + " ".join(label.split()).strip(" :.*?")
