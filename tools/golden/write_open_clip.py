"""Tiny random open_clip folders and their golden values, by open_clip."""

import json
import shutil
import sys
from pathlib import Path

import open_clip
import torch
from safetensors.torch import load_file, save_file

from golden import random_pixels, randomize_gains, write_golden
from small_tokenizer import CAPTIONS, small_tokenizer

CONTEXT = 16

MODELS = {
    "open-clip-vit": {
        "image_size": 16,
        "quick_gelu": False,
        "vision_cfg": {"image_size": 16, "layers": 2, "width": 24, "head_width": 8, "patch_size": 4, "mlp_ratio": 2.0},
        "dtype": torch.float16,
    },
    "open-clip-resnet": {
        "image_size": 64,
        "quick_gelu": True,
        "vision_cfg": {"image_size": 64, "layers": [1, 2, 1, 1], "width": 4, "head_width": 64, "patch_size": None},
        "dtype": torch.float32,
    },
}


def write_folder(out: Path, name: str) -> None:
    spec = MODELS[name]
    tokenizer = small_tokenizer(CONTEXT)
    model_cfg = {
        "embed_dim": 12,
        "quick_gelu": spec["quick_gelu"],
        "vision_cfg": spec["vision_cfg"],
        "text_cfg": {
            "context_length": CONTEXT, "vocab_size": len(tokenizer), "width": 16, "heads": 2, "layers": 2,
        },
    }
    folder = out / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    torch.manual_seed(11)
    model = open_clip.CLIP(**model_cfg)
    randomize_gains(model, seed=12)
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if parameter_name.endswith("bn3.weight"):
                parameter += 0.5
    # contiguous: PyTorch hands out views where two tensors are made from one.
    weights = {key: value.contiguous() for key, value in model.state_dict().items()}
    floating = {k: v.to(spec["dtype"]) if v.is_floating_point() else v for k, v in weights.items()}
    save_file(floating, folder / "open_clip_model.safetensors", metadata={"format": "pt", "origin": "golden"})
    preprocess = {
        "mean": list(open_clip.OPENAI_DATASET_MEAN), "std": list(open_clip.OPENAI_DATASET_STD),
        "interpolation": "bicubic", "resize_mode": "shortest",
    }
    config = {"model_cfg": model_cfg, "preprocess_cfg": preprocess}
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=2) + "\n")
    tokenizer.save_pretrained(folder)
    model.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in floating.items()})
    ids = tokenizer(CAPTIONS[:6], padding="max_length", truncation=True, max_length=CONTEXT, return_tensors="pt")
    size = spec["image_size"]
    pixels = pixels_off_kinks(model, size)
    model.eval()
    write_golden(
        out / f"{name}.golden.safetensors", model, model.encode_image, model.encode_text, pixels, ids["input_ids"]
    )
    if name == "open-clip-resnet":
        write_train_mode(out / f"{name}.train.safetensors", folder, model_cfg, pixels)


def pixels_off_kinks(model: torch.nn.Module, size: int) -> torch.Tensor:
    """Pixels for which no ReLU sees a number so close to zero that rounding could turn it, and its gradient, off."""
    closest = [1.0]
    hooks = [
        module.register_forward_pre_hook(lambda _, inputs: closest.append(inputs[0].abs().min().item()))
        for module in model.modules()
        if isinstance(module, torch.nn.ReLU)
    ]
    statistics = {k: v.clone() for k, v in model.state_dict().items()}
    for seed in range(13, 1000):
        pixels = random_pixels(6, size, seed)
        closest[:] = [1.0]
        with torch.no_grad():
            for training in (False, True):
                model.train(training).encode_image(pixels)
        model.load_state_dict(statistics)
        if min(closest) > 1e-5:
            break
    for hook in hooks:
        hook.remove()
    return pixels


def write_train_mode(path: Path, folder: Path, model_cfg: dict, pixels: torch.Tensor) -> None:
    """Batch statistics instead of stored ones: embeddings, a gradient through them, and the moved statistics."""
    model = open_clip.CLIP(**model_cfg)
    model.load_state_dict(load_file(folder / "open_clip_model.safetensors"))
    model.train()
    images = model.encode_image(pixels)
    images.square().sum().backward()
    golden = {"images": images}
    golden |= {k: v for k, v in model.named_buffers() if "running_" in k}
    golden |= {
        f"gradient:{k}": p.grad for k, p in model.visual.named_parameters(prefix="visual") if "layer" not in k
    }
    save_file({k: v.detach().contiguous() for k, v in golden.items()}, path)


if __name__ == "__main__":
    for name in MODELS:
        write_folder(Path(sys.argv[1]), name)
