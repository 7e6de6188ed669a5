"""The flow `learn`: learn from the records that users have filled."""

from itertools import chain
from pathlib import Path

from prefect import State, flow, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.states import Completed

from flows.app.learning.learn import LearnReport, learn as learn_sources, lines_of
from flows.app.learning.state import SourceLearning
from flows.app.wiring import connected
from flows.prefect.ui.artifacts import artifact_key
from flows.prefect.ui.forms import Config, Sources
from flows.prefect.ui.states import FAILED, ended, red
from flows.prefect.ui.text import quoted
from pipeline.learning.columns import ColumnState
from pipeline.model.learning import Stratum
from pipeline.wording import counted


@flow(
    name="learn",
    flow_run_name="learn",
    description="Learn from the records that users have filled; write nothing to them.",
)
def learn(
    sources: Sources = [],  # noqa: B006 - Prefect copies it
    config: Config = "caspio-ingest.toml",
) -> State:
    """Pair records with what was read of their documents, learn, and say what is proved.

    Args:
        sources: Only these sources. Without any: all.
        config: The settings file, on the machine that runs the flow.
    """
    return ended(lambda: _learned_state(Path(config), sources))


def _learned_state(config: Path, sources: list[str]) -> State:
    with connected(config) as context:
        report = learn_sources(context, sources=sources, on_message=get_run_logger().info)
    for state in report.states:
        create_markdown_artifact(
            markdown=learning_page(report, state), key=artifact_key("learning", state.source)
        )
    learned = sum(len(one.learned) for one in report.taught)
    message = f"{counted(learned, 'column')} learned"
    if report.stopped:
        problems = chain.from_iterable(report.stopped.values())
        return red(FAILED, "\n".join([*problems, message]), result=report)
    return Completed(message=message, data=report)


def learning_page(report: LearnReport, state: SourceLearning) -> str:
    """Return what was learned about a source in Markdown: steps, curves, reliability, moves."""
    lines = [f"# Learning of {quoted(state.source)}", "", f"Run {report.run_id}.", ""]
    for taught in report.taught:
        if taught.source == state.source:
            lines += [f"- {quoted(line)}" for line in lines_of(taught)]
    lines += ["", "| column | evidence | step | later records |", "|---|---|---|---|"]
    for column in state.columns:
        lines += [
            f"| {quoted(column.name)} | {stratum} | {column.rungs[stratum].step} "
            f"| {column.standing(stratum)} |"
            for stratum in Stratum
            if column.model is not None
        ]
    for column in state.columns:
        lines += _column_lines(column)
    doubts = [item for item in report.doubts if item.source == state.source]
    if doubts:
        lines += ["", "## Doubts", "", "| record | column | what the page says |", "|---|---|---|"]
        lines += [
            f"| {quoted(item.record.pk)} | {quoted(item.suggestion.column)} "
            f"| {quoted(item.suggestion.reason)} |"
            for item in doubts
        ]
    return "\n".join(lines)


def _column_lines(column: ColumnState) -> list[str]:
    """Return the curve and the reliability of a column, as its report has them."""
    if column.model is None:
        return []
    report = column.model.report
    lines = ["", f"## {quoted(column.name)}, from {counted(column.model.records, 'record')}"]
    found = report.get("share_found")
    if isinstance(found, int | float):
        lines += ["", f"Of the typed values {found:.0%} are on the page."]
    curve = report.get("curve")
    if isinstance(curve, list) and curve:
        lines += ["", "| records | right, of others |", "|---|---|"]
        lines += [f"| {records} | {share:.1%} |" for records, share in curve]
    reliability = report.get("reliability")
    if isinstance(reliability, list) and reliability:
        lines += ["", "| choices | probability | right |", "|---|---|---|"]
        lines += [
            f"| {one['choices']} | {one['probability']:.2f} | {one['right']} |"
            for one in reliability
        ]
    return lines
