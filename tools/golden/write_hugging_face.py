"""Tiny random CLIPModel folders and their golden values, by transformers."""

import json
import shutil
import sys
from pathlib import Path

import torch
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

from golden import random_pixels, randomize_gains, write_golden
from small_tokenizer import CAPTIONS, small_tokenizer, write_tokens

CONTEXT = 16
IMAGE = 16


def config(vocab: int, activation: str, eos: int) -> CLIPConfig:
    text = dict(
        vocab_size=vocab, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=CONTEXT, hidden_act=activation, eos_token_id=eos, bos_token_id=0, pad_token_id=1,
        projection_dim=12,
    )
    vision = dict(
        hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3, image_size=IMAGE,
        patch_size=4, hidden_act=activation, projection_dim=12,
    )
    return CLIPConfig(text_config=text, vision_config=vision, projection_dim=12)


def write_folder(out: Path, name: str, activation: str, legacy_eos: bool, dtype: torch.dtype, shard: str) -> None:
    tokenizer = small_tokenizer(CONTEXT)
    torch.manual_seed(7)
    eos = 2 if legacy_eos else tokenizer.eos_token_id
    model = CLIPModel(config(len(tokenizer), activation, eos)).eval()
    randomize_gains(model, seed=8)
    folder = out / name
    shutil.rmtree(folder, ignore_errors=True)
    model.to(dtype).save_pretrained(folder, max_shard_size=shard)
    tokenizer.save_pretrained(folder)
    crop = {"height": IMAGE, "width": IMAGE}
    CLIPImageProcessor(size={"shortest_edge": IMAGE}, crop_size=crop).save_pretrained(folder)
    model = CLIPModel.from_pretrained(folder, dtype=torch.float32).eval()
    tokens = tokenizer(CAPTIONS[:6], padding="max_length", truncation=True, max_length=CONTEXT, return_tensors="pt")
    write_golden(
        out / f"{name}.golden.safetensors",
        model,
        lambda pixels: model.get_image_features(pixels).pooler_output,
        lambda ids: model.get_text_features(ids).pooler_output,
        random_pixels(6, IMAGE, seed=9),
        tokens["input_ids"],
    )
    write_tokens(out / f"{name}.tokens.json", tokenizer, CONTEXT)


def split_tokenizer(out: Path, source: str, name: str) -> None:
    """The same tokenizer as vocab.json and merges.txt."""
    model = json.loads((out / source / "tokenizer.json").read_text())["model"]
    folder = out / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "vocab.json").write_text(json.dumps(model["vocab"], ensure_ascii=False))
    merges = "\n".join(" ".join(pair) for pair in model["merges"])
    (folder / "merges.txt").write_text(f"#version: 0.2\n{merges}\n")


if __name__ == "__main__":
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    write_folder(out, "hf-vit", "quick_gelu", True, torch.float32, "1GB")
    write_folder(out, "hf-vit-bf16-sharded", "gelu", False, torch.bfloat16, "40KB")
    split_tokenizer(out, "hf-vit", "vocab-and-merges")
