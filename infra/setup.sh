#!/usr/bin/env bash
# Prepare this checkout: `infra/setup.sh demo` (what running needs) or `infra/setup.sh test` (that and the test tools).
# It prints what it installs, does nothing if nothing is missing, and needs no network the second time.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

readonly UV_PINNED=0.13.9 # installed if there is no uv; any uv from UV_OLDEST on can read uv.lock
readonly UV_OLDEST=0.8.0
readonly PYTHONS='>=3.11,<3.14' # the same range as requires-python
readonly PURPOSE=${1:-demo}
# pip names each configured local folder that lacks a package. That is no fault, and the user cannot act on it.
readonly NOISE="^WARNING: Location '[^']*' is ignored: it is neither a file nor a directory\.$"

say() { printf 'setup: %s\n' "$*"; }
warn() { printf 'setup: %s\n' "$*" >&2; }
fail() { warn "$@" && exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
show_errors() { grep -v -- "$NOISE" "$1" >&2 || true; }

# Run a command; show what it writes to stderr, without the noise.
without_noise() {
    local log status=0
    log=$(mktemp)
    "$@" 2>"$log" || status=$?
    show_errors "$log"
    rm -f "$log"
    return "$status"
}

case $PURPOSE in
    demo) sync_options=(--no-default-groups --inexact) ;; # inexact: leave the test tools where they are
    test) sync_options=(--group dev --group docs --group dlt) ;;
    *) fail "unknown purpose '$PURPOSE': say demo or test" ;;
esac

# ---- Debian packages -------------------------------------------------------------------------------------------

apt_updated=no

apt_install() {
    local options=(-y --no-install-recommends -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o DPkg::Lock::Timeout=120)
    export DEBIAN_FRONTEND=noninteractive
    say "installing Debian packages: $*"
    if apt-get install "${options[@]}" "$@" >/dev/null 2>&1; then return 0; fi
    # The package lists of a fresh image are empty or old. Fetch them once, and only if needed.
    if [ "$apt_updated" = no ]; then
        apt_updated=yes
        apt-get update -o Acquire::Retries=1 -o Acquire::http::Timeout=20 >/dev/null 2>&1 || true
        apt-get install "${options[@]}" "$@" >/dev/null && return 0
    fi
    return 1
}

# want PROGRAM APT_PACKAGE BREW_PACKAGE PURPOSE...: install a program, or say how to install it; never fatal.
want() {
    local program=$1 debian=$2 brew=$3
    shift 3
    if have_program "$program"; then return 0; fi
    if [ "$(uname -s)" = Darwin ]; then
        warn "$program is missing ($*). Install it with: brew install $brew"
    elif have apt-get && [ "$(id -u)" = 0 ]; then
        apt_install "$debian" || warn "$debian could not be installed ($*); continuing without it"
    elif have apt-get; then
        warn "$program is missing ($*). Install it as root with: apt-get install $debian"
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
            fail "there is neither uv nor python3 with its venv module. Install uv (see its documentation)" \
                "or, on Debian as root: apt-get install python3-venv"
    fi
    say "installing uv $UV_PINNED into .uv"
    without_noise .uv/bin/pip install --quiet --disable-pip-version-check "uv==$UV_PINNED" ||
        without_noise .uv/bin/pip install --quiet --disable-pip-version-check "uv>=$UV_OLDEST" ||
        fail "uv could not be installed. Check the network, or install uv by hand so that it is on the PATH"
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

# What an environment was made from. The folder is part of it, because scripts in .venv name it.
key() { { cat uv.lock pyproject.toml && printf '%s\n' "$PWD" "$(uname -sm)" "${sync_options[*]}"; } | digest; }

stamped() {
    [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null &&
        [ "$(cat ".venv/.setup-$PURPOSE" 2>/dev/null)" = "$(key)" ]
}

forget_moved_environment() {
    if [ -f .venv/.setup-folder ] && [ "$(cat .venv/.setup-folder)" != "$PWD" ]; then
        say "this folder was moved or copied: creating .venv again"
        rm -rf .venv
    fi
}

# Sync with an installed interpreter; let uv fetch one only if there is none.
sync_once() {
    if UV_PYTHON_DOWNLOADS=never "$UV" python find "$PYTHONS" >/dev/null 2>&1; then
        UV_PYTHON_DOWNLOADS=never "$UV" sync --frozen "${sync_options[@]}" "$@"
    else
        say "no Python $PYTHONS is installed: uv fetches one"
        UV_PYTHON_DOWNLOADS=automatic "$UV" sync --frozen "${sync_options[@]}" "$@"
    fi
}

sync_environment() {
    local log status=0
    find_uv
    say "installing the locked packages into .venv (several hundred megabytes the first time)"
    log=$(mktemp)
    # The second try trusts the machine's own certificates, for networks that inspect TLS. The third uses no network,
    # because the cache may have everything. The first error is the one worth reading.
    sync_once --quiet 2>"$log" ||
        UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1 sync_once --quiet 2>/dev/null ||
        sync_once --quiet --offline 2>/dev/null || status=$?
    if [ "$status" != 0 ]; then show_errors "$log"; fi
    rm -f "$log"
    [ "$status" = 0 ] || fail "the locked packages could not be installed; see above"
    pwd >.venv/.setup-folder
    key >".venv/.setup-$PURPOSE"
}

# The tests' S3 server is OpenStack Swift. For x86_64 and aarch64 its erasure-code library has a wheel. Elsewhere it is
# compiled with Debian's headers; without them, the tests that need the server skip and say why.
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

export UV_PROJECT_ENVIRONMENT=.venv UV_NO_PROGRESS=1
# Tests start many processes, which import faster from compiled files. To run the program, Python compiles what it
# imports, when it imports it: that saves 110 MB and most of the time of the first set-up.
if [ "$PURPOSE" = test ]; then export UV_COMPILE_BYTECODE=1; fi
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
