#!/bin/sh
# Builds the client: build.sh [PROGRAM], or ./detect beside this file.
# With Debian's packages of grpc and protobuf where they are installed, else with Go modules.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=${1:-$here/detect}
debian=/usr/share/gocode
if [ -d "$debian/src/google.golang.org/grpc" ]; then
  # Debian's packages are found by GOPATH, where this module has to be found too.
  workspace=$(mktemp -d)
  trap 'rm -rf "$workspace"' EXIT
  mkdir -p "$workspace/src/ubt.example"
  cp -R "$here" "$workspace/src/ubt.example/client"
  cd "$workspace/src/ubt.example/client"
  GO111MODULE=off GOFLAGS= GOPATH="$workspace:$debian" go build -o "$program" .
else
  cd "$here"
  go mod tidy
  go build -o "$program" .
fi
