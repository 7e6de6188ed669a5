"""What was learned, in the write-back: choices for a record, and doubts about what is there."""

from pipeline.steps.write_back.learned.choices import (
    keep_choices as keep_choices,
    with_choices as with_choices,
)
from pipeline.steps.write_back.learned.doubts import Doubted as Doubted, keep_doubts as keep_doubts
from pipeline.steps.write_back.learned.history import effects_on as effects_on
