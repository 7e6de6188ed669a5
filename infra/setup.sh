#!/usr/bin/env bash
# Prepares this checkout: `infra/setup.sh demo` (what running needs) or `infra/setup.sh test` (that and the test tools).
# Prints what it installs, does nothing when nothing is missing, and needs no network the second time.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

readonly UV_PINNED=0.13.9 # installed when there is no uv; any uv from UV_OLDEST on can read uv.lock
readonly UV_OLDEST=0.8.0
readonly PYTHONS='>=3.11,<3.14' # the same range as requires-python
readonly PURPOSE=${1:-demo}

say() { printf 'setup: %s\n' "$*"; }
warn() { printf 'setup: %s\n' "$*" >&2; }
fail() { warn "$@" && exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

case $PURPOSE in
    demo) sync_options=(--no-default-groups --inexact) ;; # inexact: leave the test tools where they are
    test) sync_options=(--group dev --group docs) ;;
    *) fail "unknown purpose '$PURPOSE': say demo or test" ;;
esac

# ---- Debian packages -------------------------------------------------------------------------------------------

apt_updated=no

apt_install() {
    local options=(-y --no-install-recommends -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o DPkg::Lock::Timeout=120)
    export DEBIAN_FRONTEND=noninteractive
    say "installing Debian packages: $*"
    if apt-get install "${options[@]}" "$@" >/dev/null 2>&1; then return 0; fi
    # The package lists of a fresh image are empty or old; they are fetched once, and only now.
    if [ "$apt_updated" = no ]; then
        apt_updated=yes
        apt-get update -o Acquire::Retries=1 -o Acquire::http::Timeout=20 >/dev/null 2>&1 || true
        apt-get install "${options[@]}" "$@" >/dev/null && return 0
    fi
    return 1
}

# want PROGRAM APT_PACKAGE BREW_PACKAGE PURPOSE...: install a program, or tell how; never fatal.
want() {
    local program=$1 debian=$2 brew=$3
    shift 3
    if have_program "$program"; then return 0; fi
    if [ "$(uname -s)" = Darwin ]; then
        warn "$program is missing ($*). To have it: brew install $brew"
    elif have apt-get && [ "$(id -u)" = 0 ]; then
        apt_install "$debian" || warn "$debian could not be installed ($*); going on without it"
    elif have apt-get; then
        warn "$program is missing ($*). To have it, as root: apt-get install $debian"
    else
        warn "$program is missing ($*). Install it with this system's package manager."
    fi
}

have_program() {
    have "$1" && return 0
    # Debian keeps PostgreSQL's server programs off the PATH.
    compgen -G "/usr/lib/postgresql/*/bin/$1" >/dev/null
}

# ---- uv --------------------------------------------------------------------------------------------------------

# Succeed if uv $1 runs and is recent enough; a pyenv shim without a version behind it does neither.
usable_uv() {
    local version
    version=$("$1" --version 2>/dev/null) || return 1
    version=${version#uv }
    version=${version%% *}
    [ "$(printf '%s\n%s\n' "$UV_OLDEST" "$version" | sort -V | head -n 1)" = "$UV_OLDEST" ]
}

venv_for_uv() {
    rm -rf .uv
    python3 -m venv .uv >/dev/null 2>&1 && [ -x .uv/bin/pip ]
}

install_uv() {
    if ! have python3 || ! venv_for_uv; then
        # Debian's python3 comes without ensurepip.
        { have apt-get && [ "$(id -u)" = 0 ] && apt_install python3 python3-venv && venv_for_uv; } ||
            fail "neither uv nor python3 with its venv module is here. Install uv (its documentation says how)" \
                "or, on Debian as root: apt-get install python3-venv"
    fi
    say "installing uv $UV_PINNED into .uv"
    .uv/bin/pip install --quiet --disable-pip-version-check "uv==$UV_PINNED" ||
        .uv/bin/pip install --quiet --disable-pip-version-check "uv>=$UV_OLDEST" ||
        fail "uv could not be installed; is there a network? Installed by hand, it is found on the PATH"
}

find_uv() {
    local candidate
    for candidate in .uv/bin/uv "$(command -v uv || true)" "${HOME:-/nonexistent}/.local/bin/uv"; do
        if [ -n "$candidate" ] && usable_uv "$candidate"; then
            UV=$candidate
            return 0
        fi
    done
    install_uv
    UV=.uv/bin/uv
}

# ---- the environment -------------------------------------------------------------------------------------------

digest() { if have sha256sum; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1; }

# What an environment was made from. The folder belongs to it: scripts in .venv name it.
key() { { cat uv.lock pyproject.toml && printf '%s\n' "$PWD" "$(uname -sm)" "${sync_options[*]}"; } | digest; }

stamped() {
    [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null &&
        [ "$(cat ".venv/.setup-$PURPOSE" 2>/dev/null)" = "$(key)" ]
}

forget_moved_environment() {
    if [ -f .venv/.setup-folder ] && [ "$(cat .venv/.setup-folder)" != "$PWD" ]; then
        say "this folder was moved or copied: making .venv anew"
        rm -rf .venv
    fi
}

# Sync with an interpreter that is already here; only where there is none, let uv fetch one.
sync_once() {
    if UV_PYTHON_DOWNLOADS=never "$UV" python find "$PYTHONS" >/dev/null 2>&1; then
        UV_PYTHON_DOWNLOADS=never "$UV" sync --frozen "${sync_options[@]}" "$@"
    else
        say "no Python $PYTHONS here: uv fetches one"
        UV_PYTHON_DOWNLOADS=automatic "$UV" sync --frozen "${sync_options[@]}" "$@"
    fi
}

sync_environment() {
    local log status=0
    find_uv
    say "installing the locked packages into .venv (several hundred megabytes the first time)"
    log=$(mktemp)
    # The second try trusts the machine's own certificates, for networks that look into TLS; the third does without a
    # network, since the cache may hold everything. The first error is the one worth reading.
    sync_once --quiet 2>"$log" ||
        UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1 sync_once --quiet 2>/dev/null ||
        sync_once --quiet --offline 2>/dev/null || status=$?
    if [ "$status" != 0 ]; then cat "$log" >&2; fi
    rm -f "$log"
    [ "$status" = 0 ] || fail "the locked packages could not be installed; see above"
    pwd >.venv/.setup-folder
    key >".venv/.setup-$PURPOSE"
}

# The tests' S3 server is OpenStack Swift. On these machines its erasure-code library comes as a wheel; elsewhere it is
# compiled against Debian's headers, and without them the tests that need the server say so and skip.
add_s3_server() {
    [ "$(uname -s)" = Linux ] || return 0
    case $(uname -m) in
        x86_64 | aarch64) sync_options+=(--group s3) ;;
        *)
            if [ ! -e /usr/include/liberasurecode/erasurecode.h ] && have apt-get && [ "$(id -u)" = 0 ]; then
                apt_install liberasurecode-dev gcc python3-dev || warn "no headers for Swift; its tests will skip"
            fi
            if [ -e /usr/include/liberasurecode/erasurecode.h ]; then sync_options+=(--group s3); fi
            ;;
    esac
}

export UV_PROJECT_ENVIRONMENT=.venv UV_COMPILE_BYTECODE=1 UV_NO_PROGRESS=1
unset VIRTUAL_ENV UV_PYTHON UV_SYSTEM_PYTHON PYTHONHOME
if [ ! -w "${XDG_CACHE_HOME:-${HOME:-/nonexistent}}" ]; then export UV_CACHE_DIR=${UV_CACHE_DIR:-$PWD/.uv/cache}; fi

want tesseract tesseract-ocr tesseract "the second OCR engine; RapidOCR works without it"
if [ "$PURPOSE" = test ]; then
    want initdb postgresql postgresql "the ledger's tests on PostgreSQL"
    want redis-server redis-server redis "the test of the production profile"
    want chromium chromium chromium "the test of the local Caspio's pages in a browser"
    add_s3_server
fi

forget_moved_environment
if stamped; then
    say "nothing to do"
else
    sync_environment
    say "ready"
fi
