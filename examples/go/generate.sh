#!/bin/sh
# Makes Go code of the contract in gen/ beside this file. Needs protoc-gen-go and protoc-gen-go-grpc on the PATH, and
# buf, which "npm ci" installs.
set -eu
cd "$(dirname "$0")/../.."
npm exec --no -- buf generate --template examples/go/buf.gen.yaml --path proto/ubt
