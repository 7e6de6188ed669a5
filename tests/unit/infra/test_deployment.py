"""The files that Docker and make read, as far as they can be checked without running them."""

import re
import subprocess
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]


def test_one_uv_is_pinned_everywhere():
    """The image and a new machine get the same uv."""
    script = (ROOT / "infra/setup.sh").read_text()
    image = (ROOT / "infra/Dockerfile").read_text()

    in_script = re.search(r"UV_PINNED=(\S+)", script)
    in_image = re.search(r"uv==(\S+)", image)

    assert in_script is not None
    assert in_image is not None
    assert in_script[1] == in_image[1]


def test_the_set_up_asks_for_the_pythons_the_project_supports():
    """The range in the script is `requires-python`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert f"PYTHONS='{project['requires-python']}'" in (ROOT / "infra/setup.sh").read_text()


def test_every_package_of_the_project_is_in_the_image():
    """A new top-level package is copied into the image and not excluded by .dockerignore."""
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"][
        "targets"
    ]["wheel"]["packages"]
    image = (ROOT / "infra/Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text()

    assert [
        name
        for name in packages
        if f"COPY {name} {name}" not in image or f"!{name}/**" not in ignored
    ] == []


def test_services_wait_for_services_that_exist():
    """Every dependency in the compose file has a health check to wait for."""
    services = yaml.safe_load((ROOT / "infra/compose.yaml").read_text())["services"]

    for service in services.values():
        for name, wait in service.get("depends_on", {}).items():
            assert (
                wait["condition"] == "service_completed_successfully"
                or "healthcheck" in services[name]
            )


def test_make_help_lists_every_target():
    """Every target that a user calls is in the list."""
    makefile = (ROOT / "Makefile").read_text()
    declared = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    described = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))

    assert declared is not None
    assert set(declared[1].split()) - described == {"setup", "setup-test"}


def test_set_up_hides_only_the_noise_of_pip():
    """A configured folder without the package is not shown; every other line of pip and uv is."""
    script = (ROOT / "infra/setup.sh").read_text()
    noise = re.search(r'^readonly NOISE="(.*)"$', script, re.MULTILINE)
    assert noise is not None
    lines = [
        "WARNING: Location 'file:///srv/simple/uv/' is ignored: it is neither a file nor a directory.",
        "WARNING: Retrying (Retry(total=4)) after connection broken by 'ProxyError'",
        "ERROR: Could not find a version that satisfies the requirement uv==0.13.9",
    ]

    done = subprocess.run(
        ["grep", "-v", "--", noise[1].replace("\\$", "$")],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.splitlines() == lines[1:]
