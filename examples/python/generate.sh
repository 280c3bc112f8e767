#!/bin/sh
# Makes Python code of the contract: generate.sh [FOLDER], or gen/ beside this file. PYTHON names the interpreter.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
proto=$(cd "$here/../../proto" && pwd)
out=${1:-$here/gen}
rm -rf "$out"
mkdir -p "$out"
cd "$proto"
# shellcheck disable=SC2046  # names of ours, without blanks
"${PYTHON:-python3}" -m grpc_tools.protoc -I . --python_out="$out" --grpc_python_out="$out" \
  $(find ubt google/rpc -name '*.proto' | LC_ALL=C sort)
