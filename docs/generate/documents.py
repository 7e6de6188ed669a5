"""Describe what a document can be and what can be found in it."""

from processors.classify.rules import load_rules


def classes() -> str:
    """Write the classes that the packaged rules know."""
    named = dict.fromkeys(rule.doc_class for rule in load_rules().rules)
    return "\n".join(f"- `{name}`" for name in named)
