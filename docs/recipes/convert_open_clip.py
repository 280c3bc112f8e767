"""Turns a checkpoint of an open_clip training run into a folder that UBT reads.

    python convert_open_clip.py CHECKPOINT.pt MODEL OUT

MODEL is the name that was trained (`--model` of open_clip), or a JSON file with its `model_cfg`. Run it where the
checkpoint was made: unpickling is limited to weights, but a defence should not unpickle at all. Needs open_clip_torch
and safetensors. Models with a tokenizer of their own (`hf_tokenizer_name`) need its files in OUT instead of the ones
written here.
"""

import json
import sys
from pathlib import Path

import open_clip
import torch
from safetensors.torch import save_file


def write_tokenizer(out: Path) -> None:
    """CLIP's own vocabulary, as open_clip ships it, in the files and with the end tokens that other libraries know."""
    tokenizer = open_clip.tokenizer.SimpleTokenizer()
    ends = {"<start_of_text>": "<|startoftext|>", "<end_of_text>": "<|endoftext|>"}
    vocabulary = {ends.get(token, token): at for token, at in tokenizer.encoder.items()}
    (out / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    merges = "\n".join(" ".join(pair) for pair in tokenizer.bpe_ranks)
    (out / "merges.txt").write_text(f"#version: 0.2\n{merges}\n")


def main(checkpoint: Path, model: str, out: Path) -> None:
    loaded = torch.load(checkpoint, map_location="cpu", weights_only=True)
    weights = {name.removeprefix("module."): tensor for name, tensor in loaded.get("state_dict", loaded).items()}
    named = json.loads(Path(model).read_text()) if model.endswith(".json") else open_clip.get_model_config(model)
    if named is None:
        raise SystemExit(f"open_clip knows no model {model}.")
    preprocess = {
        "mean": list(open_clip.OPENAI_DATASET_MEAN),
        "std": list(open_clip.OPENAI_DATASET_STD),
        "interpolation": "bicubic",
        "resize_mode": "shortest",
    }
    out.mkdir(parents=True)
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, out / "open_clip_model.safetensors")
    config = {"model_cfg": named.get("model_cfg", named), "preprocess_cfg": preprocess}
    (out / "open_clip_config.json").write_text(json.dumps(config, indent=2) + "\n")
    write_tokenizer(out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
