"""What transformers and open_clip make of pictures: the pixels that @ubt/data is checked against.

    python write_pixels.py OUT

Writes OUT/pixels/*.png and OUT/pixels/pixels.json: for each picture and preprocessing the RGB bytes of the library,
base64, before normalisation.
"""

import base64
import json
import sys
from pathlib import Path

import numpy
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from transformers import CLIPImageProcessorPil as CLIPImageProcessor

PICTURES = {"wide": (75, 40), "tall": (33, 90), "small": (11, 14), "square": (64, 64), "grey": (50, 37)}
SIDE = 24


def picture(name: str, width: int, height: int) -> Image.Image:
    """Waves, an edge and noise: what resampling filters differ in."""
    y, x = numpy.mgrid[0:height, 0:width]
    noise = numpy.random.default_rng(len(name)).integers(0, 60, (height, width, 3))
    waves = [100 + 70 * numpy.sin(x / 3), 100 + 70 * numpy.cos(y / 5), numpy.where(x > y, 190, 20)]
    image = Image.fromarray((numpy.stack(waves, -1) + noise).clip(0, 255).astype("uint8"))
    return image.convert("L") if name == "grey" else image


def hugging_face(image: Image.Image, **options) -> numpy.ndarray:
    processor = CLIPImageProcessor(do_normalize=False, do_convert_rgb=True, **options)
    values = processor(image, return_tensors="np")["pixel_values"][0]
    return numpy.rint(values.transpose(1, 2, 0) * 255)


def open_clip(image: Image.Image, **options) -> numpy.ndarray:
    config = PreprocessCfg(size=SIDE, mean=(0, 0, 0), std=(1, 1, 1), **options)
    return torch.round(image_transform_v2(config, is_train=False)(image) * 255).permute(1, 2, 0).numpy()


CROP = {"height": SIDE, "width": SIDE}
CASES = {
    "hf-bicubic": (hugging_face, dict(size={"shortest_edge": SIDE}, crop_size=CROP)),
    "hf-larger-size": (hugging_face, dict(size={"shortest_edge": 30}, crop_size=CROP)),
    "hf-bilinear": (hugging_face, dict(size={"shortest_edge": SIDE}, crop_size=CROP, resample=2)),
    "hf-squash": (hugging_face, dict(size=CROP, crop_size=CROP, do_center_crop=False)),
    "open-clip-shortest": (open_clip, dict(interpolation="bicubic", resize_mode="shortest")),
    "open-clip-squash": (open_clip, dict(interpolation="bicubic", resize_mode="squash")),
    "open-clip-bilinear": (open_clip, dict(interpolation="bilinear", resize_mode="shortest")),
}


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    golden = []
    for name, size in PICTURES.items():
        image = picture(name, *size)
        image.save(out / f"{name}.png")
        for case, (library, options) in CASES.items():
            pixels = library(image, **options).astype("uint8")
            assert pixels.shape == (SIDE, SIDE, 3), pixels.shape
            config = {**options} if library is hugging_face else {"size": SIDE, **options}
            encoded = base64.b64encode(pixels.tobytes()).decode()
            golden.append({"picture": name, "case": case, "config": config, "pixels": encoded})
    (out / "pixels.json").write_text(json.dumps({"side": SIDE, "golden": golden}, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
