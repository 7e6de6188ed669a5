"""What is not a finding of the rules: values beside a label, what is learned, what a user says."""

LABEL = "label:"
"""How the names of values begin that a form has beside a printed label: `label:policy number`."""

LEARNED = "learned"
"""What a column asks for that takes only what is learned from the records people have filled."""

SAID = "a user says so"
"""The reason of a document's class that a user has said."""


def label_name(name: str) -> str:
    """Return the name of a label's value with the label as readers write it; others unchanged."""
    return LABEL + fold_label(name[len(LABEL) :]) if name.lower().startswith(LABEL) else name


def fold_label(label: str) -> str:
    """Write a label in lower case, with single blanks, without the colon or what else follows."""
    return " ".join(label.replace("_", " ").lower().split()).strip(" :.*?")
