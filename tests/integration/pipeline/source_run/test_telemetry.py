"""Records are traces in OpenTelemetry, and what a run did is counted in the ledger."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from flows.app.direct import work_directly
from flows.app.run_request import RunRequest
from flows.app.wiring.ports import open_tracer
from pipeline.ports.metrics import SILENT
from tests.integration.pipeline.accounts import receipt
from tests.integration.pipeline.conftest import MakeWorkspace

pytestmark = pytest.mark.integration


class OtlpReceiver(ThreadingHTTPServer):
    """A collector that keeps the spans it is sent."""

    def __init__(self) -> None:
        """Take a free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.spans: list[Span] = []
        self.services: set[str] = set()


class _Handler(BaseHTTPRequestHandler):
    server: OtlpReceiver

    def do_POST(self) -> None:
        """Keep spans."""
        sent = ExportTraceServiceRequest.FromString(
            self.rfile.read(int(self.headers["Content-Length"]))
        )
        for resource in sent.resource_spans:
            self.server.services |= {
                a.value.string_value
                for a in resource.resource.attributes
                if a.key == "service.name"
            }
            self.server.spans += [span for scope in resource.scope_spans for span in scope.spans]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    """A running collector."""
    with OtlpReceiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_each_record_is_a_trace_with_a_span_for_each_stage(
    make_workspace: MakeWorkspace, receiver: OtlpReceiver, monkeypatch: pytest.MonkeyPatch
):
    """A run's records arrive at the collector, the stages inside them in their order."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{receiver.server_port}")
    workspace = make_workspace(files={f"upload{n}.txt": receipt(n) for n in (1, 2)})

    work_directly(workspace.config, sources=(), request=RunRequest(yes=True))

    records = [span for span in receiver.spans if span.name == "record"]
    assert receiver.services == {"caspio-ingest"}
    assert sorted(_about(span)["record"] for span in records) == ["1", "2"]
    assert len({span.trace_id for span in records}) == 2
    for record in records:
        inside = [span for span in receiver.spans if span.parent_span_id == record.span_id]
        stages = [span.name for span in sorted(inside, key=lambda span: span.start_time_unix_nano)]
        assert stages == ["fetch", "read", "archive", "plan", "write", "manifest"]


def test_a_run_is_counted_in_the_ledger(make_workspace: MakeWorkspace):
    """Documents, pages, calls and each stage's seconds are there when a run is over; a second run adds to them."""
    workspace = make_workspace(files={f"upload{n}.txt": receipt(n) for n in (1, 2)})
    for _ in range(2):
        work_directly(workspace.config, sources=(), request=RunRequest(yes=True))
    with workspace.ledger() as ledger:
        counters = {key: counted.number for key, counted in ledger.usage.metrics().counters.items()}

    made = {name: number for (what, name), number in counters.items() if what == "calls"}
    stages = {label.split()[0] for what, label in counters if what == "stage"}
    assert counters["documents", "uploads done"] == 2
    assert counters["pages", "uploads"] == 2
    assert sum(made.values()) == workspace.calls()
    assert stages == {"list", "record", "fetch", "read", "archive", "plan", "write", "manifest"}


def test_without_a_collector_nothing_of_opentelemetry_is_loaded(monkeypatch: pytest.MonkeyPatch):
    """Unless a variable names a collector, spans go nowhere and cost nothing."""
    for name in ("ENDPOINT", "TRACES_ENDPOINT"):
        monkeypatch.delenv(f"OTEL_EXPORTER_OTLP_{name}", raising=False)

    assert open_tracer() is SILENT


def _about(span: Span) -> dict[str, str]:
    return {attribute.key: attribute.value.string_value for attribute in span.attributes}
