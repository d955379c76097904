#!/usr/bin/env bash
# Makes .venv ready: the Debian packages that are missing, the locked Python packages, this project (editable).
# Does nothing, quickly, when all is there. Stops with status 1, and says what is missing, where a step can't be done.
set -Eeuo pipefail
trap 'echo "setup: stopped in line $LINENO: $BASH_COMMAND" >&2' ERR
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly VENV=$PWD/.venv
readonly STAMP=$VENV/.set-up
readonly PYTHON_VERSION=3.11

fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

# Debian's own interpreter first: one that a person has built may be slower, by a quarter for all that is imported.
# Before either, one that can make environments at once. What is told is the interpreter itself, also where an environment
# (perhaps the very one to be made) is active.
find_python() {
    local candidate found=
    for candidate in "/usr/bin/python$PYTHON_VERSION" "python$PYTHON_VERSION" python3; do
        "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$PYTHON_VERSION')" 2>/dev/null || continue
        found=${found:-$candidate}
        if "$candidate" -c 'import ensurepip' 2>/dev/null; then
            found=$candidate
            break
        fi
    done
    [[ ! $found ]] || "$found" -c 'import sys; print(sys._base_executable)'
}

# What a link leads to counts. Scripts in an environment name its folder, so one that was moved is none any more; nor is
# one with another interpreter.
is_made_here() {
    [[ -x $VENV/bin/uv ]] || return 1
    [[ $("$VENV/bin/python" -c 'import sys; print(sys._base_executable)' 2>/dev/null) -ef $python ]] || return 1
    (. "$VENV/bin/activate" && [[ $VIRTUAL_ENV -ef $VENV ]]) 2>/dev/null
}

missing_debian_packages() {
    command -v ffmpeg >/dev/null || echo ffmpeg
    # To its end: `grep -q` leaves at the first match, and what ldconfig still has to say then makes it fail.
    /sbin/ldconfig -p | grep 'libzbar\.so\.0' >/dev/null || echo libzbar0
    # The venv module itself is always there; Debian keeps what it needs to make an environment apart.
    is_made_here || "$python" -c 'import ensurepip' 2>/dev/null || echo "python$PYTHON_VERSION-venv"
}

install_debian_packages() {
    local missing
    mapfile -t missing < <(missing_debian_packages)
    ((${#missing[@]})) || return 0
    local advice="install these Debian packages, then run this again: ${missing[*]}"
    command -v apt-get >/dev/null || fail "there is no apt-get here; $advice"
    ((EUID == 0)) || fail "only root can install packages; $advice"
    echo "setup: installing Debian packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq || fail "apt-get update failed; $advice"
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || fail "apt-get install failed; $advice"
}

# uv is one of the locked packages: pip fetches that very one by its hashes, and uv the rest.
install_uv() {
    if is_made_here; then return; fi
    "$python" -m venv --clear "$VENV"
    awk '/^[a-z]/ { ours = /^uv==/ } ours && !/#/' requirements.lock >"$VENV/uv.txt"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$VENV/uv.txt"
}

install_python_packages() {
    # What is not compiled now, each process of Ray would compile anew at its start.
    unset PYTHONDONTWRITEBYTECODE
    local uv=("$VENV/bin/uv" pip) into=(--quiet --python "$VENV/bin/python")
    "${uv[@]}" sync "${into[@]}" --require-hashes --compile-bytecode requirements.lock
    "${uv[@]}" install "${into[@]}" --no-deps --no-build-isolation --editable .
    "$VENV/bin/python" -m compileall -q vtrack_ray
}

# All that decides what .venv should hold; its own path too, since the scripts in it name it.
wanted() {
    { echo "$VENV $python"; cat requirements.lock pyproject.toml vtrack_ray/__init__.py scripts/setup.sh; } | sha256sum
}

python=$(find_python)
[[ $python ]] || fail "Python $PYTHON_VERSION is needed; install these Debian packages: python3 python3-venv"
install_debian_packages
if [[ ! -f $STAMP || $(<"$STAMP") != "$(wanted)" ]]; then
    rm -f "$STAMP"
    echo "setup: installing the locked Python packages into $VENV"
    install_uv
    install_python_packages
    wanted >"$STAMP"
fi
