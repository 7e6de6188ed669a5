"""The production profile's files, as far as they can be checked without Docker and a cluster."""

import inspect
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from jsonschema import Draft202012Validator, ValidationError
from prefect.server.utilities import encryption
from prefect.settings import Settings
from prefect.settings.legacy import _get_valid_setting_names
from typer.main import get_command

from flows.cli import app
from flows.http.server import require_https
from flows.prefect.deployments.priorities import KINDS
from flows.web.serve import origins_of
from pipeline.settings import load_settings
from pipeline.settings.sections import ServeSettings
from pipeline.settings.web import WebSettings

ROOT = Path(__file__).parents[3]
COMPOSE = ROOT / "infra/compose.production.yaml"
KUBERNETES = ROOT / "infra/kubernetes"
READ_DIRECTLY = {"PREFECT_SERVER_ENCRYPTION_KEY"}
OF_PREFECT_REDIS = {"PREFECT_REDIS_MESSAGING_URL"}
SERVED = {"web": 8767, "mcp": 8768, "api": 8769}
"""Our own servers, with their ports."""
REDIS = {
    "PREFECT_SERVER_EVENTS_MESSAGING_BROKER": "prefect_redis.messaging",
    "PREFECT_SERVER_EVENTS_MESSAGING_CACHE": "prefect_redis.messaging",
    "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "prefect_redis.ordering",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect_redis.lease_storage",
}


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    """The services of the compose file."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))[
        "services"
    ]
    return found


def _objects() -> list[dict[str, Any]]:
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text(encoding="utf-8"))[
        "resources"
    ]
    files = [*listed, "secret.example.yaml"]
    return [
        one
        for name in files
        for one in yaml.safe_load_all((KUBERNETES / name).read_text(encoding="utf-8"))
    ]


OBJECTS = _objects()
PODS = [
    (one["metadata"]["name"], one["spec"]["template"]["spec"])
    for one in OBJECTS
    if "template" in one.get("spec", {})
]
CONTAINERS = [
    (f"{name}/{one['name']}", pod, one) for name, pod in PODS for one in pod["containers"]
]


def _server_settings() -> dict[str, str]:
    lines = (KUBERNETES / "prefect-server.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line)


def _seconds(duration: str) -> int:
    number, unit = int(duration[:-1]), duration[-1]
    return number * {"s": 1, "m": 60}[unit]


def _refused(command: list[str]) -> str:
    """Return what is wrong with a command line, "" if the command and its options exist."""
    name, *options = command[1:]
    known = get_command(app).commands  # type: ignore[attr-defined]  # it is a group
    if hasattr(known.get(name), "commands"):
        known, (name, *options) = known[name].commands, options
    if name not in known:
        return f"no command {name}"
    names = {option for parameter in known[name].params for option in parameter.opts}
    wrong = [
        option
        for option in options
        if option.startswith("--") and option.split("=")[0] not in names
    ]
    return f"{name} has no {', '.join(wrong)}" if wrong else ""


def _commands() -> Iterator[list[str]]:
    for path in (COMPOSE, ROOT / "infra/compose.yaml"):
        yield from (
            s["command"]
            for s in yaml.safe_load(path.read_text(encoding="utf-8"))["services"].values()
            if "command" in s
        )
    yield from (one["command"] for _, _, one in CONTAINERS)


def test_every_command_exists():
    """Compose files and manifests start commands of the program, with options that exist."""
    ours = [command for command in _commands() if command[0] == "caspio-ingest"]

    assert len(ours) >= 13
    assert [said for command in ours if (said := _refused(command))] == []


@pytest.mark.parametrize(
    "path",
    [
        COMPOSE,
        KUBERNETES / "prefect-server.env",
        KUBERNETES / "secret.example.yaml",
        KUBERNETES / "worker.yaml",
    ],
)
def test_every_prefect_setting_exists(path: Path):
    """Prefect has each variable that is set; it would ignore a wrong name silently."""
    text = path.read_text(encoding="utf-8")
    names = set(re.findall(r"^\s*(?:- \{name: )?(PREFECT_[A-Z_]+)[:=,]", text, re.MULTILINE))

    assert names
    known = OF_PREFECT_REDIS | READ_DIRECTLY | set(_get_valid_setting_names(Settings))
    assert names - known == set()


def test_prefect_reads_the_key_of_its_blocks():
    """The variable is no setting of Prefect's; its server reads it from the environment."""
    source = inspect.getsource(encryption)

    assert all(f'"{name}"' in source for name in READ_DIRECTLY)


def test_the_server_is_split_and_uses_redis(services: dict[str, dict[str, Any]]):
    """API and services are processes that share database and Redis; migrations run first."""
    for name in ("prefect", "services", "migrate"):
        environment = services[name]["environment"]
        assert {key: environment[key] for key in REDIS} == REDIS
        assert environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"].startswith(
            "postgresql+asyncpg://"
        )
        assert environment["PREFECT_SERVER_DOCKET_URL"].startswith("redis://")
        assert environment["PREFECT_SERVER_DATABASE_MIGRATE_ON_START"] == "false"
        assert "flow_runs" in environment["PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED"]
    assert "--no-services" in services["prefect"]["command"]
    assert {key: _server_settings()[key] for key in REDIS} == REDIS


def test_no_password_is_in_the_compose_file(services: dict[str, dict[str, Any]]):
    """Each password comes from the environment and is required; the example has no value."""
    text = COMPOSE.read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{([A-Z_]+):\?\}", text))
    lines = (ROOT / "infra/production.env.example").read_text(encoding="utf-8").splitlines()
    example = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))

    assert asked <= set(example)
    assert {name for name in asked if example[name]} == set()
    assert all(
        "${" in str(value) or "$$" in str(value)
        for service in services.values()
        for name, value in service.get("environment", {}).items()
        if any(word in name for word in ("PASSWORD", "SECRET", "AUTH"))
    )


def test_our_containers_are_restricted_in_both(services: dict[str, dict[str, Any]]):
    """Containers have no extra rights, a read-only file system, and do not run as root."""
    ours = [service for service in services.values() if "build" in service]

    assert len(ours) == 8
    assert all(s["read_only"] and s["cap_drop"] == ["ALL"] and s["security_opt"] for s in ours)
    for name, pod, container in CONTAINERS:
        closed = container["securityContext"]
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert closed["readOnlyRootFilesystem"] is True, name
        assert closed["allowPrivilegeEscalation"] is False, name
        assert closed["capabilities"] == {"drop": ["ALL"]}, name
        assert {"requests", "limits"} <= set(container["resources"]), name


def test_every_listening_container_is_probed():
    """Every container with a port has a startup, a readiness and a liveness probe."""
    listening = {name: container for name, _, container in CONTAINERS if "ports" in container}

    ours = {f"caspio-ingest-{name}/{name}" for name in ("worker", *SERVED)}
    assert set(listening) == {"prefect/prefect", *ours}
    assert all(
        {"startupProbe", "readinessProbe", "livenessProbe"} <= set(one)
        for one in listening.values()
    )


def test_our_servers_are_reached_through_https_alone(
    services: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
):
    """Each listens for the proxy with an https address, on one port everywhere, and is published for this machine."""
    for name in ("CASPIO_CLIENT_ID", "CASPIO_CLIENT_SECRET"):
        monkeypatch.setenv(name, "filled in")
    settings = load_settings(KUBERNETES / "settings/caspio-ingest.toml")
    containers = {name.partition("/")[2]: one for name, _, one in CONTAINERS}
    for name, port in SERVED.items():
        section = {"mcp": settings.agents, "api": settings.api, "web": settings.web}[name]
        assert str(section.url).startswith("https://")
        assert section.listen.endswith(f":{port}")
        assert f"--listen=0.0.0.0:{port}" in containers[name]["command"]
        assert f"0.0.0.0:{port}" in services[name]["command"]
        (published,) = services[name]["ports"]
        assert published.endswith(f":-127.0.0.1:{port}}}:{port}")


def test_the_page_of_the_compose_file_may_be_served():
    """Its address in the container is one that the page accepts, and its port is published for this machine."""
    compose = yaml.safe_load((ROOT / "infra/compose.yaml").read_text(encoding="utf-8"))["services"]
    page, command = compose["web"], compose["web"]["command"]
    network = compose[page["network_mode"].removeprefix("service:")]
    address = command[command.index("--listen") + 1]
    web = WebSettings(
        url=page["environment"]["CASPIO_INGEST_WEB__URL"],
        in_container=page["environment"]["CASPIO_INGEST_WEB__IN_CONTAINER"],
    )

    require_https(address, web.url, section="web", in_container=web.in_container)
    assert web.url in origins_of(address, web.url)
    assert network["ports"] == [f"127.0.0.1:{urlsplit(web.url or '').port}:8767"]


def test_workers_have_time_to_finish(services: dict[str, dict[str, Any]]):
    """Docker and Kubernetes wait longer than a worker needs to finish its runs."""
    drain_s = ServeSettings().drain_s
    (worker,) = [pod for name, pod in PODS if name == "caspio-ingest-worker"]

    assert _seconds(services["worker"]["stop_grace_period"]) > drain_s + 30
    assert worker["terminationGracePeriodSeconds"] > drain_s + 30


def _validate(one: dict[str, Any], version: str) -> None:
    """Raise if Kubernetes' schema of this version does not have the object or one of its fields."""
    text = (ROOT / f"tests/resources/kubernetes/{version}.json").read_text(encoding="utf-8")
    definitions = json.loads(text)["$defs"]
    group, _, api_version = one["apiVersion"].rpartition("/")
    name = f"io.k8s.api.{group.split('.')[0] or 'core'}.{api_version}.{one['kind']}"
    assert name in definitions, f"{name}: add it to tests/resources/kubernetes/extract.py"
    Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": definitions}).validate(one)


@pytest.mark.parametrize("one", OBJECTS, ids=lambda one: f"{one['kind']}-{one['metadata']['name']}")
@pytest.mark.parametrize("version", ["1.28", "1.35"])
def test_manifests_are_valid(one: dict[str, Any], version: str):
    """Each object is valid by Kubernetes' own schema, without unknown fields."""
    _validate(one, version)


def test_an_unknown_field_of_a_manifest_is_refused():
    """A misspelled field deep in a pod fails the check above."""
    worker = next(one for one in OBJECTS if one["kind"] == "Deployment")
    wrong = json.loads(json.dumps(worker))
    wrong["spec"]["template"]["spec"]["containers"][0]["imagePullPolice"] = "Always"

    with pytest.raises(ValidationError, match="imagePullPolice"):
        _validate(wrong, "1.35")


def test_the_kustomization_is_complete():
    """It lists every manifest except the example of the secrets, and all its files exist."""
    kustomization = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text(encoding="utf-8"))
    files = {path.name for path in KUBERNETES.glob("*.yaml")} - {
        "kustomization.yaml",
        "secret.example.yaml",
    }
    generated = [
        name
        for one in kustomization["configMapGenerator"]
        for key in ("files", "envs")
        for name in one.get(key, [])
    ]

    assert set(kustomization["resources"]) == files
    assert [name for name in generated if not (KUBERNETES / name).is_file()] == []


def test_kustomize_builds_it():
    """`kubectl kustomize` builds the manifests, if kubectl is installed."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")

    done = subprocess.run(
        [kubectl, "kustomize", KUBERNETES], check=False, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert re.search(r"name: caspio-ingest-settings-\w+", done.stdout)


def test_the_settings_of_the_pods_load(monkeypatch: pytest.MonkeyPatch):
    """The settings file is valid with the variables of the secret."""
    secrets = {
        one["metadata"]["name"]: one["stringData"] for one in OBJECTS if one["kind"] == "Secret"
    }
    for name, value in secrets["caspio-ingest"].items():
        monkeypatch.setenv(name, value or "filled in")

    settings = load_settings(KUBERNETES / "settings/caspio-ingest.toml")

    assert settings.ledger.url.startswith("postgresql+psycopg://")


def test_prefect_yaml_has_every_kind_of_deployment():
    """Each kind exists once, with the queue, tags and limit of `deploy`."""
    declared = yaml.safe_load((ROOT / "infra/prefect.yaml").read_text(encoding="utf-8"))
    found = {
        one["name"].removesuffix("@{{ $DEPLOY_NAME }}").removesuffix("-{{ $DEPLOY_SOURCE }}"): one
        for one in declared["deployments"]
    }

    assert set(found) == set(KINDS)
    assert {name: one["work_pool"]["work_queue_name"] for name, one in found.items()} == {
        name: kind.queue for name, kind in KINDS.items()
    }
    tags = {"caspio-ingest", "settings:{{ $DEPLOY_NAME }}"}
    assert all(
        {*tags, f"priority:{KINDS[name].priority}"} <= set(one["tags"])
        for name, one in found.items()
    )
    assert all(one["description"] for one in found.values())
    assert {name for name, one in found.items() if one.get("concurrency_limit") is None} == {
        "plan-and-apply"
    }
    assert {
        tuple(one["concurrency_limit"].items())
        for one in found.values()
        if "concurrency_limit" in one
    } == {(("limit", 1), ("collision_strategy", "ENQUEUE"))}
    assert declared["pull"] == []
