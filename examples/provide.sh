#!/bin/sh
# Gets what the example clients are generated and built with, as far as that is to be had here: a virtual environment in
# examples/python/.venv, and Debian's packages of Go. Says what it could not get, and never fails for it: the tests of
# the clients run where their tools are, and put a line into the report where they are not.
set -u
here=$(cd "$(dirname "$0")" && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

without() {
  echo "examples: $1: NOT TO BE HAD here: $(tail -n 1 "$log")"
}

python=$here/python/.venv/bin/python
if "$python" -c 'import grpc, grpc_tools' 2>/dev/null; then
  echo 'examples: Python client: its packages are there'
elif python3 -m venv "$here/python/.venv" >"$log" 2>&1 &&
  "$python" -m pip install --quiet --disable-pip-version-check -r "$here/python/requirements.txt" >"$log" 2>&1; then
  echo 'examples: Python client: packages installed into examples/python/.venv'
else
  rm -rf "$here/python/.venv"
  without 'Python client'
fi

packages='golang-go golang-google-grpc-dev golang-google-protobuf-dev golang-github-golang-protobuf-1-5-dev
  protoc-gen-go protoc-gen-go-grpc'
root=''
[ "$(id -u)" -eq 0 ] || root='sudo -n'
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # both are lists of words
if dpkg -s $packages >/dev/null 2>&1; then
  echo 'examples: Go client: its packages are there'
elif $root apt-get -qq update >"$log" 2>&1 &&
  $root apt-get -qq install -y --no-install-recommends $packages >"$log" 2>&1; then
  echo 'examples: Go client: packages installed'
else
  without 'Go client'
fi
