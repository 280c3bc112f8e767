"""What the reference libraries compute for a model: the numbers that @ubt/clip is checked against."""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

LEARNING_RATE = 1e-3


def contrastive_loss(images: torch.Tensor, texts: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """CLIP's symmetric InfoNCE over unit-norm embeddings, as in open_clip.ClipLoss on one process."""
    logits = scale * images @ texts.T
    labels = torch.arange(len(images))
    return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2


def write_golden(
    path: Path, model: torch.nn.Module, encode_image, encode_text, pixels: torch.Tensor, tokens: torch.Tensor
) -> None:
    """Writes inputs, embeddings, logits, loss, every gradient and the weights after one AdamW step.

    `pixels` is [n, 3, h, w], stored as [n, h, w, 3]; weights of rank 2 and more decay by 0.01.
    """
    images, texts = encode_image(pixels), encode_text(tokens)
    unit_images, unit_texts = F.normalize(images, dim=-1), F.normalize(texts, dim=-1)
    scale = model.logit_scale.exp()
    loss = contrastive_loss(unit_images, unit_texts, scale)
    golden = {
        "pixels": pixels.permute(0, 2, 3, 1),
        "tokens": tokens.int(),
        "images": images,
        "texts": texts,
        "logits": scale * unit_images @ unit_texts.T,
        "loss": loss,
    }
    loss.backward()
    parameters = dict(model.named_parameters())
    golden |= {f"gradient:{name}": p.grad for name, p in parameters.items()}
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in parameters.values() if p.ndim >= 2], "weight_decay": 0.01},
            {"params": [p for p in parameters.values() if p.ndim < 2], "weight_decay": 0.0},
        ],
        lr=LEARNING_RATE,
    )
    before = {name: p.detach().clone() for name, p in parameters.items()}
    optimizer.step()
    golden |= {f"step:{name}": p.detach() - before[name] for name, p in parameters.items()}
    save_file({name: t.detach().contiguous() for name, t in golden.items()}, path)


def random_pixels(n: int, size: int, seed: int) -> torch.Tensor:
    return torch.randn(n, 3, size, size, generator=torch.Generator().manual_seed(seed))


def randomize_gains(model: torch.nn.Module, seed: int) -> None:
    """Moves gains and biases off 1 and 0, where a mistake in them would not show."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 1:
                parameter += 0.2 * torch.randn(parameter.shape, generator=generator)
        for name, buffer in model.named_buffers():
            if name.endswith("running_mean"):
                buffer += 0.2 * torch.randn(buffer.shape, generator=generator)
            if name.endswith("running_var"):
                buffer *= 0.5 + torch.rand(buffer.shape, generator=generator)
