"""What doctor makes of a Prefect server's answers; tests/flows and tests/production ask real ones."""

from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import pytest

from flows.doctor import server
from flows.doctor.check import Check
from flows.prefect.deployments.ownership import DeploymentOwner
from flows.prefect.requests.late_runs import late_runs
from pipeline.errors import BadSettings
from pipeline.settings import Settings, load_settings

VERSION = version("caspio-ingest")
SCHEDULE = {"active": True, "schedule": {"cron": "0 * * * *", "timezone": "UTC"}}
DEPLOYED = {
    "name": "ingest-receipts@abc12345", "version": VERSION, "paused": False, "schedules": [SCHEDULE],
    "work_pool_name": "pool", "id": "1", "parameters": {"config": "/srv/caspio-ingest.toml", "source": "receipts"},
    "tags": ["caspio-ingest", "settings:abc12345", "installation:0123"],
}  # fmt: skip
QUEUES = [
    {"name": name, "is_paused": False, "priority": number}
    for number, name in enumerate(("webhook", "new", "backfill", "reprocess", "learn"))
]
OWNER = DeploymentOwner("abc12345", "/srv/caspio-ingest.toml", frozenset({"receipts"}), "0123")
RULE = {"enabled": True, "trigger": {"within": 90.0}}


@dataclass
class Answers:
    """A server that answers from a table: what is fine, unless a test changes it."""

    api: str = "https://prefect.example.com/api"
    password: bool = True
    ui: str | None = "https://prefect.example.com/api"
    changed: dict[str, Any] = field(default_factory=dict)

    def ask(self, _method: str, path: str, _body: object = None) -> Any:
        """Answer a call."""
        well: dict[str, Any] = {
            "/admin/version": version("prefect"),
            "/admin/settings": {
                "server": {"events": {"messaging_broker": "prefect_redis.messaging"}}
            },
            "/automations/filter": [RULE],
            "/deployments/filter": [DEPLOYED],
            "/flow_runs/count": 0,
            "/flow_runs/filter": [],
            "/work_pools/pool": {"is_paused": False},
            "/work_pools/pool/workers/filter": [
                {"name": name, "status": "ONLINE"} for name in ("one", "two")
            ],
            "/work_pools/pool/queues/filter": QUEUES,
        }
        answer = {**well, **self.changed}[path]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def api_of_ui(self) -> str | None:
        """Return what its UI calls."""
        return self.ui

    def requires_password(self) -> bool:
        """Say whether it does."""
        return self.password


@pytest.fixture
def settings(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with one source and a ledger in PostgreSQL."""
    path = tmp_path / "caspio-ingest.toml"
    path.write_text(
        '[caspio]\nurl = "https://abc12345.caspio.com"\n[[sources]]\nname = "receipts"\ntable = "Receipts"\n'
    )
    monkeypatch.setenv("CASPIO_INGEST_LEDGER__URL", "postgresql+psycopg://ledger:secret@db/ledger")
    return load_settings(path, credentials=False)


def _examined(settings: Settings, answers: Answers | None) -> dict[str, Check]:
    return {check.name: check for check in server.examine_server(settings, answers, OWNER)}  # type: ignore[arg-type]  # answers like one


def test_a_whole_profile_is_fine(settings: Settings):
    """Nothing fails, and each line says what was found."""
    checks = _examined(settings, Answers())

    assert [check for check in checks.values() if not check.ok] == []
    assert checks["deployment ingest-receipts@abc12345"].detail == "0 * * * * UTC, pool"
    assert checks["shared ledger"].detail == "PostgreSQL, for 2 workers"


def test_without_a_server_nothing_is_looked_at(settings: Settings):
    """Commands run directly then, and nothing of this concerns them."""
    assert _examined(settings, None) == {}


WRONG = [
    ("/admin/version", "3.0.1", "prefect server", "Upgrade the server first"),
    (
        "/admin/version",
        BadSettings(["requires a password"]),
        "prefect server",
        "requires a password",
    ),
    ("/automations/filter", [], "lost runs", "block their source until"),
    ("/automations/filter", [{**RULE, "enabled": False}], "lost runs", "switched off"),
    (
        "/automations/filter",
        [{**RULE, "trigger": {"within": 60.0}}],
        "lost runs",
        "only every 30 s",
    ),
    ("/deployments/filter", [], "deployments", "no deployment"),
    (
        "/deployments/filter",
        [{**DEPLOYED, "version": "0.0.1"}],
        "deployment ingest-receipts@abc12345",
        "version 0.0.1",
    ),
    (
        "/deployments/filter",
        [{**DEPLOYED, "paused": True}],
        "deployment ingest-receipts@abc12345",
        "paused",
    ),
    ("/work_pools/pool", {"is_paused": True}, "work pool pool", "Resume it"),
    (
        "/work_pools/pool/workers/filter",
        [{"name": "one", "status": "OFFLINE"}],
        "work pool pool",
        "No worker",
    ),
    ("/work_pools/pool/queues/filter", QUEUES[1:], "queues of pool", "webhook is missing"),
    (
        "/work_pools/pool/queues/filter",
        [{**one, "is_paused": True} for one in QUEUES],
        "queues of pool",
        "new is paused",
    ),
]


@pytest.mark.parametrize(
    ("path", "answer", "name", "said"), WRONG, ids=[f"{name}: {said}" for _, _, name, said in WRONG]
)
def test_what_is_wrong_is_reported_with_a_remedy(
    settings: Settings,
    *,
    path: str,
    answer: Any,
    name: str,
    said: str,
):
    """The line of what is wrong says so and what to do, and no other fails."""
    checks = _examined(settings, Answers(changed={path: answer}))

    failed = [check for check in checks.values() if not check.ok]
    assert [check.name for check in failed] == [name]
    assert said in failed[0].detail
    assert failed[0].remedy


@pytest.mark.parametrize(
    ("api", "ok"), [("https://prefect.example.com/api", False), ("http://127.0.0.1:4200/api", True)]
)
def test_a_server_without_a_password_may_only_be_this_machines(
    settings: Settings, api: str, *, ok: bool
):
    """Elsewhere whoever reaches it could start runs."""
    assert _examined(settings, Answers(api=api, password=False))["prefect access"].ok is ok


def test_several_workers_need_postgresql(settings: Settings):
    """A ledger in SQLite is reported where more than one worker is online."""
    sqlite = settings.model_copy(
        update={"ledger": settings.ledger.model_copy(update={"url": "sqlite:///ledger.db"})}
    )

    check = _examined(sqlite, Answers())["shared ledger"]

    assert (check.ok, "PostgreSQL" in check.remedy) == (False, True)


def test_blocks_need_a_key_of_their_own(settings: Settings):
    """Prefect would keep the key beside the secrets; the server does not report it, so doctor does."""
    blocks = settings.model_copy(
        update={"caspio": settings.caspio.model_copy(update={"block": "main"})}
    )

    assert "prefect encryption" not in _examined(settings, Answers())
    detail = _examined(blocks, Answers())["prefect encryption"].detail
    assert "PREFECT_SERVER_ENCRYPTION_KEY" in detail


def test_deployments_of_others_and_those_left_over_are_listed(settings: Settings):
    """What another installation has registered under these names, and what these settings no longer have."""
    copied = {**DEPLOYED, "tags": [*DEPLOYED["tags"][:2], "installation:ffff"]}  # type: ignore[index]  # a list
    left = {**DEPLOYED, "name": "ingest-old@abc12345"}

    check = _examined(settings, Answers(changed={"/deployments/filter": [copied, left]}))[
        "owner of deployments"
    ]

    assert not check.ok
    assert "belongs to another installation" in check.detail
    assert "no source for ingest-old@abc12345" in check.detail
    # What to do differs for the two, so each says it, and no line below says something else.
    assert check.remedy == ""


@pytest.mark.parametrize(
    ("api", "ui", "ok"),
    [
        ("http://127.0.0.1:4300/api", "http://127.0.0.1:4200/api", False),
        ("https://prefect.example.com/api", "http://127.0.0.1:4200/api", False),
        ("http://localhost:4200/api", "http://127.0.0.1:4200/api", True),
        ("http://prefect:4200/api", "https://prefect.example.com/api", True),
        ("http://127.0.0.1:4200/api", None, True),
    ],
)
def test_a_ui_that_calls_another_address_is_found(
    settings: Settings, api: str, ui: str | None, *, ok: bool
):
    """A server on another port than 4200 needs that address for its UI, too; what is set on purpose is fine."""
    check = _examined(settings, Answers(api=api, ui=ui))["prefect ui"]

    assert check.ok == ok, check.detail
    assert ok or f"PREFECT_SERVER_UI_API_URL={api}" in check.remedy


@pytest.mark.parametrize(
    ("pool", "start"), [("pool", "caspio-ingest worker --pool pool"), (None, "caspio-ingest serve")]
)
def test_runs_that_no_worker_takes_are_found(settings: Settings, pool: str | None, start: str):
    """Doctor says how many wait and since when; the way out names the command for them."""
    first = {"work_pool_name": pool, "expected_start_time": "2026-03-14T09:00:00Z"}
    answers = Answers(changed={"/flow_runs/count": 1_200, "/flow_runs/filter": [first]})

    check = _examined(settings, answers)["due runs"]
    late = late_runs(answers, "abc12345")  # type: ignore[arg-type]  # answers like one

    assert not check.ok
    assert check.detail.startswith("1,200 due runs wait since 2026-03-14 09:00 UTC")
    assert late is not None
    assert f"`{start}`" in late.remedy
