import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from pipeline.labels import LEARNED
from pipeline.model import Child, Column, Finding, Findings
from pipeline.model.learning import LearnedChoice, PrintedAt, Stratum
from pipeline.ports.learner import FoundDoubt, LearningExample, Lesson
from pipeline.ports.reader import WhileRead
from processors.learning import clopper_pearson_lower, needed
from tests.fakes.reader import FakeReader

SENDER = "sender"
"""The finding by which the fake learner knows what else a column without a finding holds."""


class FakeLearner:
    """Remembers the values of a column, by the finding it is mapped to or by the sender.

    Every choice has the probability 0.97.
    """

    format = "1"

    def learn(
        self, column: Column, finding: str, records: Sequence[LearningExample]
    ) -> Lesson | None:
        """Remember what people typed beside each finding; doubt what differs from it."""
        del column
        records = [one for one in records if one.value]
        if len(records) < 3:
            return None
        by = SENDER if finding == LEARNED else finding
        memory: dict[str, Counter[str]] = {}
        for one in records:
            if by in one.findings:
                memory.setdefault(one.findings[by].value or "", Counter())[one.value] += 1
        doubts = [] if finding == LEARNED else list(_differing(records, by))
        document = json.dumps({"by": by, "memory": memory}, sort_keys=True)
        return Lesson(document, {"records": len(records)}, tuple(doubts))

    def choose(
        self, models: Mapping[str, str], pages: Path, findings: Mapping[str, Finding]
    ) -> Mapping[str, LearnedChoice]:
        """Choose what is typed most beside the same finding, or else the finding."""
        assert pages.is_file()
        chosen = {}
        for name, document in models.items():
            model = json.loads(document)
            found = findings.get(model["by"])
            if found is None or found.value is None:
                continue
            known = model["memory"].get(found.value)
            value = max(known, key=known.get) if known else found.value
            stratum = Stratum.READ_AND_KNOWN if known else Stratum.READ_ONLY
            if known or model["by"] != SENDER:
                place = PrintedAt(1, 2, None)
                chosen[name] = LearnedChoice(value, 0.97, stratum, "read on line 2", place)
        return chosen

    def lower_bound(self, right: int, asked: int) -> float:
        """Return the bound."""
        return clopper_pearson_lower(right, asked)

    def needed(
        self, right: int, asked: int, target: float, *, at_every_look: bool = False
    ) -> int | None:
        """Return how many more are needed."""
        return needed(right, asked, target, at_every_look=at_every_look)


def _differing(records: Sequence[LearningExample], by: str) -> Iterator[FoundDoubt]:
    for one in records:
        read = one.findings[by].value if by in one.findings else None
        if read is not None and read != one.value:
            yield FoundDoubt(one.key, one.value, read, 0.9, PrintedAt(1, 2, None))


class PagesReader(FakeReader):
    """A fake reader that leaves pages.json as well; its pages have their text already.

    The pages of a file with the word `several` are two documents.
    """

    engine: str | None = None

    def read(
        self,
        path: Path,
        *,
        name: str,
        work_dir: Path,
        while_read: WhileRead = nullcontext,
        as_class: str = "",
    ) -> Findings:
        """Read a file."""
        findings = super().read(
            path, name=name, work_dir=work_dir, while_read=while_read, as_class=as_class
        )
        pages = work_dir / "pages.json"
        page = {"number": 1, "source": "text", "engine": self.engine, "text": findings.text}
        head = '{"format":"pages","version":1,"pages":['
        pages.write_text(f"{head}\n{json.dumps(page, separators=(',', ':'))}\n]}}\n")
        derived = {**findings.derived, "pages.json": pages}
        if "several" in findings.text:
            children = tuple(
                Child(f"{name}, page {number}", findings, page_range=(number, number))
                for number in (1, 2)
            )
            findings = dataclasses.replace(findings, children=children)
        return dataclasses.replace(findings, derived=derived)
