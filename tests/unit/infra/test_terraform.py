"""The Terraform files, checked with a parser and the adapter's source."""

import ast
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import hcl2
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "infra/terraform"

# What Amazon's reference of actions requires for each call of the adapter. Lifecycle rules delete
# what expires, so the adapter needs no further right.
NEEDS = {
    "abort_multipart_upload": {"s3:AbortMultipartUpload"},
    "complete_multipart_upload": {"s3:PutObject"},
    "copy_object": {"s3:GetObject", "s3:PutObject"},
    "create_multipart_upload": {"s3:PutObject"},
    "delete_object": {"s3:DeleteObject"},
    "get_object": {"s3:GetObject"},
    "get_object_lock_configuration": {"s3:GetBucketObjectLockConfiguration"},
    "head_bucket": {"s3:ListBucket"},
    # Without the right to list, S3 answers 403 and not 404 to a key that is not there.
    "head_object": {"s3:GetObject", "s3:ListBucket"},
    "list_objects_v2": {"s3:ListBucket"},
    "put_object": {"s3:PutObject"},
    "upload_part": {"s3:PutObject"},
    "upload_part_copy": {"s3:GetObject", "s3:PutObject"},
}
OPTIONS = {"ObjectLockMode": {"s3:PutObjectRetention"}}
NO_CALLS = {"close", "get_paginator"}


def _plain(value: Any) -> Any:
    """Return parsed values without the quotes that the parser keeps around texts and keys."""
    if isinstance(value, dict):
        return {_plain(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.strip('"') if isinstance(value, str) else value


@pytest.fixture(scope="module")
def blocks() -> dict[str, dict[str, Any]]:
    """All resources and data sources by `type.name`."""
    found: dict[str, dict[str, Any]] = {}
    for path in FOLDER.glob("*.tf"):
        parsed = _plain(hcl2.loads(path.read_text(encoding="utf-8")))
        for block in [*parsed.get("resource", []), *parsed.get("data", [])]:
            for kind, named in block.items():
                if isinstance(named, dict):
                    found |= {
                        f"{kind}.{name}": body
                        for name, body in named.items()
                        if isinstance(body, dict)
                    }
    return found


def _adapter() -> list[ast.AST]:
    return [
        node
        for source in sorted((ROOT / "pipeline/adapters/s3_archive").glob("*.py"))
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
    ]


def _called() -> set[str]:
    """Return the S3 calls in the adapter's source."""
    calls = [
        node
        for node in _adapter()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    names = set()
    for call in calls:
        assert isinstance(call.func, ast.Attribute)
        if ast.unparse(call.func.value).rpartition(".")[2].lstrip("_") != "client":
            continue
        names.add(call.func.attr)
        if call.func.attr == "get_paginator":
            assert isinstance(call.args[0], ast.Constant)
            names.add(str(call.args[0].value))
    return names - NO_CALLS


def test_the_policy_allows_exactly_what_the_adapter_calls(blocks: dict[str, dict[str, Any]]):
    """Every call's action is allowed, and no other action is."""
    calls = _called()
    options = {
        one.value for one in _adapter() if isinstance(one, ast.Constant) and one.value in OPTIONS
    }
    needed = set().union(
        *(NEEDS[call] for call in calls), *(OPTIONS[str(option)] for option in options)
    )

    allowed = {
        action
        for one in blocks["aws_iam_policy_document.archive"]["statement"]
        for action in one["actions"]
    }

    assert calls == set(NEEDS)
    assert allowed == needed


def test_only_probes_may_be_deleted_and_no_statement_covers_other_buckets(
    blocks: dict[str, dict[str, Any]],
):
    """Deleting is allowed below probe- only; every resource belongs to this bucket."""
    statements = blocks["aws_iam_policy_document.archive"]["statement"]
    deleting = [
        one["resources"]
        for one in statements
        if any("Delete" in action for action in one["actions"])
    ]

    assert deleting == [["${aws_s3_bucket.archive.arn}/${local.root}probe-*"]]
    assert all(
        "aws_s3_bucket.archive.arn" in place for one in statements for place in one["resources"]
    )
    assert "*" not in {action for one in statements for action in one["actions"]}


def test_the_bucket_is_versioned_encrypted_private_and_protected(blocks: dict[str, dict[str, Any]]):
    """Versions are on, public access is off, and Terraform refuses to destroy the bucket."""
    bucket = blocks["aws_s3_bucket.archive"]
    closed = blocks["aws_s3_bucket_public_access_block.archive"]
    versioning = blocks["aws_s3_bucket_versioning.archive"]["versioning_configuration"][0]
    denied = blocks["aws_iam_policy_document.bucket"]["statement"][0]

    assert bucket["object_lock_enabled"] == "${var.object_lock}"
    assert bucket["lifecycle"][0]["prevent_destroy"] is True
    assert versioning["status"] == "Enabled"
    assert [
        value
        for name, value in sorted(closed.items())
        if name.startswith(("block", "ignore", "restrict"))
    ] == [True] * 4
    assert "aws_s3_bucket_server_side_encryption_configuration.archive" in blocks
    assert (denied["effect"], denied["condition"][0]["variable"]) == ("Deny", "aws:SecureTransport")


def test_no_lifecycle_rule_deletes_what_the_ledger_needs(blocks: dict[str, dict[str, Any]]):
    """Only replaced versions, delete markers and unfinished uploads expire; originals never do."""
    rules = blocks["aws_s3_bucket_lifecycle_configuration.archive"]["rule"]
    expiring = [
        rule for rule in rules if "noncurrent_version_expiration" in rule or "expiration" in rule
    ]

    assert {rule["filter"][0]["prefix"] for rule in expiring} == {
        "${local.root}documents/",
        "${local.root}probe-",
    }
    assert [rule["expiration"] for rule in rules if "expiration" in rule] == [
        [{"expired_object_delete_marker": True, "__is_block__": True}]
    ]


def test_the_state_has_no_secret(blocks: dict[str, dict[str, Any]]):
    """Secrets are created without a value."""
    assert "aws_secretsmanager_secret.worker" in blocks
    assert [name for name in blocks if "secret_version" in name] == []
    assert "secret_string" not in json.dumps(blocks)


def test_the_files_are_formatted_as_terraform_does():
    """If Terraform is installed, `terraform fmt` has nothing to change."""
    terraform = shutil.which("terraform")
    if terraform is None:
        pytest.skip("Terraform is not installed")

    done = subprocess.run(
        [terraform, "fmt", "-check", FOLDER],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.returncode, done.stdout) == (0, "")
