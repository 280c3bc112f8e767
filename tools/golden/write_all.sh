#!/bin/sh
# Writes every golden fixture below libs/clip/fixtures and libs/data/fixtures. Needs the packages of requirements.txt.
set -eu
cd "$(dirname "$0")"
out=../../libs/clip/fixtures
python3 write_hugging_face.py "$out"
python3 write_open_clip.py "$out"
python3 write_captions.py "$out"
python3 write_pixels.py ../../libs/data/fixtures/pixels
python3 write_layers.py "$out"
