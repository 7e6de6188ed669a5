"""Learn the columns of a table from the values that people have filled in.

Pure: no files, no network, no clock. `train` turns examples into a model, `choose` a document and a
model into a choice with its probability, `doubts` lists what was probably typed wrongly, and the
proof says what a count of right choices proves. docs/learning.md explains the method.
"""

from processors.learning.model import BadModel, ColumnModel, TrainedOn
from processors.learning.proof import clopper_pearson_lower, needed
from processors.learning.text.keys import kind_of_values
from processors.learning.training import Trained, choose, doubts, train
from processors.learning.types import (
    Alternative,
    Choice,
    ChoiceEvidence,
    ColumnKind,
    Doubt,
    Example,
    Judged,
    PrintedPlace,
    Reliability,
)

__all__ = [
    "Alternative",
    "BadModel",
    "Choice",
    "ChoiceEvidence",
    "ColumnKind",
    "ColumnModel",
    "Doubt",
    "Example",
    "Judged",
    "PrintedPlace",
    "Reliability",
    "Trained",
    "TrainedOn",
    "choose",
    "clopper_pearson_lower",
    "doubts",
    "kind_of_values",
    "needed",
    "train",
]
