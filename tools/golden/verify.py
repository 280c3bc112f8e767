"""Loads a folder written by @ubt/clip in the library it belongs to and prints what that library computes.

    python verify.py FOLDER GOLDEN
    python verify.py --logits FOLDER INPUTS [FOLDER INPUTS ...]

GOLDEN holds the inputs (`pixels`, `tokens`) and the expected `images`, `texts` and `logits`. Exits with 1 when
the library's values differ by more than 1e-4, or when it misses or does not know a tensor. With `--logits` it prints
the logits of each folder's model for its inputs instead, as JSON: one list per folder.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file


def hugging_face(folder: Path):
    from transformers import AutoTokenizer, CLIPModel

    model, info = CLIPModel.from_pretrained(folder, output_loading_info=True, dtype=torch.float32)
    assert not info["missing_keys"] and not info["unexpected_keys"], info
    model.eval()
    AutoTokenizer.from_pretrained(folder)
    return (
        lambda pixels: model.get_image_features(pixels).pooler_output,
        lambda tokens: model.get_text_features(tokens).pooler_output,
        model.logit_scale.exp(),
    )


def open_clip(folder: Path):
    import open_clip as library

    config = json.loads((folder / "open_clip_config.json").read_text())["model_cfg"]
    model = library.CLIP(**config)
    weights = load_file(folder / "open_clip_model.safetensors")
    model.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in weights.items()}, strict=False)
    missing = [k for k in model.state_dict() if k not in weights and not k.endswith("num_batches_tracked")]
    assert not missing and not set(weights) - set(model.state_dict()), missing
    model.eval()
    return model.encode_image, model.encode_text, model.logit_scale.exp()


def run(folder: Path, inputs: dict) -> dict:
    image, text, scale = (open_clip if (folder / "open_clip_config.json").exists() else hugging_face)(folder)
    with torch.no_grad():
        images = image(inputs["pixels"].permute(0, 3, 1, 2))
        texts = text(inputs["tokens"].long())
        unit = torch.nn.functional.normalize
        logits = scale * unit(images, dim=-1) @ unit(texts, dim=-1).T
    return {"images": images, "texts": texts, "logits": logits}


def main(folder: Path, golden_file: Path) -> int:
    golden = load_file(golden_file)
    found = run(folder, golden)
    worst = {name: (golden[name] - value).abs().max().item() for name, value in found.items()}
    print(json.dumps(worst))
    return 0 if max(worst.values()) <= 1e-4 else 1


if __name__ == "__main__":
    if sys.argv[1] == "--logits":
        places = [Path(argument) for argument in sys.argv[2:]]
        models = zip(places[::2], places[1::2])
        print(json.dumps([run(folder, load_file(inputs))["logits"].tolist() for folder, inputs in models]))
    else:
        sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
