"""CLIP in plain PyTorch, eager, from the same JSON config as libs/clip reads; random weights."""
import math

import torch
from torch import nn
from torch.nn import functional as F


def activation(kind):
    return (lambda x: x * torch.sigmoid(1.702 * x)) if kind == "quick_gelu" else F.gelu


class Block(nn.Module):
    """A pre-norm transformer block with PyTorch's own fused attention."""

    def __init__(self, size):
        super().__init__()
        d = size["width"]
        self.heads, self.act = size["heads"], activation(size["activation"])
        self.norm1, self.norm2 = (nn.LayerNorm(d, eps=size["layerNormEps"]) for _ in range(2))
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.up, self.down = nn.Linear(d, size["mlpWidth"]), nn.Linear(size["mlpWidth"], d)

    def forward(self, x, causal):
        n, length, d = x.shape
        heads = self.qkv(self.norm1(x)).view(n, length, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(*heads, is_causal=causal)
        x = x + self.out(mixed.transpose(1, 2).reshape(n, length, d))
        return x + self.down(self.act(self.up(self.norm2(x))))


class Vit(nn.Module):
    def __init__(self, size, embed):
        super().__init__()
        d, patch = size["width"], size["patchSize"]
        self.patches = nn.Conv2d(3, d, patch, patch, bias=False)
        self.cls = nn.Parameter(torch.randn(d) * d**-0.5)
        self.positions = nn.Parameter(torch.randn((size["imageSize"] // patch) ** 2 + 1, d) * d**-0.5)
        self.before, self.after = (nn.LayerNorm(d, eps=size["layerNormEps"]) for _ in range(2))
        self.blocks = nn.ModuleList(Block(size) for _ in range(size["layers"]))
        self.projection = nn.Parameter(torch.randn(d, embed) * d**-0.5)

    def forward(self, pixels):
        x = self.patches(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.shape[0], 1, -1), x], 1) + self.positions
        x = self.before(x)
        for block in self.blocks:
            x = block(x, False)
        return self.after(x[:, 0]) @ self.projection


class Text(nn.Module):
    def __init__(self, size, embed):
        super().__init__()
        d = size["width"]
        self.tokens = nn.Embedding(size["vocabSize"], d)
        self.positions = nn.Parameter(torch.randn(size["contextLength"], d) * 0.01)
        self.blocks = nn.ModuleList(Block(size) for _ in range(size["layers"]))
        self.after = nn.LayerNorm(d, eps=size["layerNormEps"])
        self.projection = nn.Parameter(torch.randn(d, embed) * d**-0.5)

    def forward(self, ids):
        x = self.tokens(ids) + self.positions[: ids.shape[1]]
        for block in self.blocks:
            x = block(x, True)
        return self.after(x[torch.arange(x.shape[0]), ids.argmax(1)]) @ self.projection


def conv_norm(inputs, outputs, size, stride=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs)
    )


class Bottleneck(nn.Module):
    def __init__(self, inputs, planes, stride):
        super().__init__()
        self.a, self.b = conv_norm(inputs, planes, 1), conv_norm(planes, planes, 3)
        self.pool = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
        self.c = conv_norm(planes, 4 * planes, 1)
        skip = stride > 1 or inputs != 4 * planes
        self.skip = nn.Sequential(self.pool, conv_norm(inputs, 4 * planes, 1)) if skip else nn.Identity()

    def forward(self, x):
        y = self.pool(F.relu(self.b(F.relu(self.a(x)))))
        return F.relu(self.c(y) + self.skip(x))


class ModifiedResNet(nn.Module):
    def __init__(self, size, embed):
        super().__init__()
        w = size["width"]
        self.stem = nn.ModuleList(
            [conv_norm(3, w // 2, 3, 2), conv_norm(w // 2, w // 2, 3), conv_norm(w // 2, w, 3)]
        )
        blocks, inputs = [], w
        for stage, count in enumerate(size["layers"]):
            for i in range(count):
                blocks.append(Bottleneck(inputs, w * 2**stage, 2 if stage > 0 and i == 0 else 1))
                inputs = 4 * w * 2**stage
        self.blocks, self.heads, d = nn.Sequential(*blocks), size["heads"], inputs
        self.positions = nn.Parameter(torch.randn((size["imageSize"] // 32) ** 2 + 1, d) * d**-0.5)
        self.q, self.kv, self.out = nn.Linear(d, d), nn.Linear(d, 2 * d), nn.Linear(d, embed)

    def forward(self, x):
        for layer in self.stem:
            x = F.relu(layer(x))
        x = self.blocks(F.avg_pool2d(x, 2)).flatten(2).transpose(1, 2)
        x = torch.cat([x.mean(1, keepdim=True), x], 1) + self.positions
        n, length, d = x.shape
        split = (n, length, 2, self.heads, d // self.heads)
        k, v = self.kv(x).view(split).permute(2, 0, 3, 1, 4)
        q = self.q(x[:, :1]).view(n, 1, self.heads, d // self.heads).transpose(1, 2)
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, d))


class Clip(nn.Module):
    def __init__(self, config):
        super().__init__()
        vision = Vit if config["vision"]["kind"] == "vit" else ModifiedResNet
        self.vision = vision(config["vision"], config["embedDim"])
        self.text = Text(config["text"], config["embedDim"])
        self.scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def images(self, pixels):
        return F.normalize(self.vision(pixels), dim=-1)

    def texts(self, ids):
        return F.normalize(self.text(ids), dim=-1)
