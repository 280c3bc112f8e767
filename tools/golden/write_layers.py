"""What every layer of the reference libraries gives, for the models that write_hugging_face and write_open_clip made.

    python write_layers.py FIXTURES

Reads the folders and the inputs that are there and writes `<name>.layers.safetensors`: after the embeddings, after
each block, after the last normalisation; for the first two images and captions. Of a transformer's last block, and
after it, only the pooled token counts.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

SAMPLES = 2


def end_positions(tokens: torch.Tensor, eos: int | None) -> torch.Tensor:
    """Where a caption's embedding is read: at its first end token, or (eos None) at its largest id."""
    return tokens.argmax(-1) if eos is None else (tokens == eos).int().argmax(-1)


def record(layers: dict, name: str, module: torch.nn.Module, shape=lambda x: x, before: bool = False) -> None:
    def keep(value):
        layers[name] = shape(value[0] if isinstance(value, tuple) else value).detach().clone()

    if before:
        module.register_forward_pre_hook(lambda _, inputs: keep(inputs[0]))
    else:
        module.register_forward_hook(lambda _, __, output: keep(output))


def record_tower(layers: dict, tower: str, embedded, blocks, norm, pick) -> None:
    """`embedded` is (module, whether its input is meant); `pick` takes the pooled token out of `[n, length, d]`."""
    record(layers, f"{tower}.embedded", embedded[0], before=embedded[1])
    for at, block in enumerate(blocks):
        record(layers, f"{tower}.block.{at}", block, pick if at == len(blocks) - 1 else lambda x: x)
    record(layers, f"{tower}.normed", norm, lambda x: pick(x) if x.ndim == 3 else x)


def hugging_face(folder: Path, layers: dict, tokens: torch.Tensor):
    from transformers import CLIPModel

    model = CLIPModel.from_pretrained(folder, dtype=torch.float32).eval()
    vision, text = model.vision_model, model.text_model
    eos = model.config.text_config.eos_token_id
    at = end_positions(tokens, None if eos == 2 else eos)
    record_tower(
        layers, "image", (vision.pre_layrnorm, False), vision.encoder.layers, vision.post_layernorm, lambda x: x[:, 0]
    )
    record_tower(
        layers, "text", (text.embeddings, False), text.encoder.layers, text.final_layer_norm,
        lambda x: x[torch.arange(len(x)), at],
    )
    return model.get_image_features, model.get_text_features


def open_clip(folder: Path, layers: dict, tokens: torch.Tensor):
    import open_clip as library

    config = json.loads((folder / "open_clip_config.json").read_text())["model_cfg"]
    model = library.CLIP(**config).eval()
    weights = load_file(folder / "open_clip_model.safetensors")
    model.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in weights.items()})
    visual, blocks = model.visual, model.transformer.resblocks
    at = end_positions(tokens, None)
    if hasattr(visual, "transformer"):
        record_tower(
            layers, "image", (visual.ln_pre, False), visual.transformer.resblocks, visual.ln_post, lambda x: x[:, 0]
        )
    else:
        last = lambda x: x.permute(0, 2, 3, 1).contiguous()
        record(layers, "image.stem", visual.avgpool, last)
        for stage in range(1, 5):
            for block, module in enumerate(getattr(visual, f"layer{stage}")):
                record(layers, f"image.layer{stage}.{block}", module, last)
    record_tower(
        layers, "text", (blocks[0], True), blocks, model.ln_final, lambda x: x[torch.arange(len(x)), at]
    )
    return model.encode_image, model.encode_text


def main(fixtures: Path) -> None:
    for golden_file in sorted(fixtures.glob("*.golden.safetensors")):
        name = golden_file.name.removesuffix(".golden.safetensors")
        folder = fixtures / name
        golden = load_file(golden_file)
        pixels = golden["pixels"][:SAMPLES].permute(0, 3, 1, 2)
        tokens = golden["tokens"][:SAMPLES].long()
        layers: dict[str, torch.Tensor] = {}
        library = open_clip if (folder / "open_clip_config.json").exists() else hugging_face
        image, text = library(folder, layers, tokens)
        with torch.no_grad():
            image(pixels)
            text(tokens)
        save_file({k: v.contiguous() for k, v in layers.items()}, fixtures / f"{name}.layers.safetensors")
        print(name, {k: list(v.shape) for k, v in layers.items()})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
