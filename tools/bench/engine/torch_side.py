"""PyTorch's side of `npm run bench:engine`: reads one job as JSON, then answers every line with one measured step."""
import json
import resource
import sys
import time


def main():
    job = json.loads(sys.stdin.readline())
    try:
        import torch
    except ImportError as missing:
        print(json.dumps({"missing": f"{sys.executable} cannot import torch ({missing})"}), flush=True)
        return
    from torch.nn import functional as F

    from clip_torch import Clip

    torch.set_num_threads(job["threads"])
    torch.manual_seed(1)
    started = time.perf_counter()
    model = Clip(job["config"])
    size, batch, text = job["config"]["vision"]["imageSize"], job["batch"], job["config"]["text"]
    pixels = torch.randn(batch, 3, size, size)
    ids = torch.randint(1, text["vocabSize"] - 1, (batch, text["contextLength"]))
    ids[:, -1] = text["vocabSize"] - 1
    autocast = torch.autocast("cpu", torch.bfloat16, enabled=job["variant"] == "bf16")

    def loss():
        if job["task"] == "train-image":
            return (1 - model.images(pixels)).square().mean()
        logits = model.scale.exp() * model.images(pixels) @ model.texts(ids).T
        labels = torch.arange(batch)
        return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2

    if job["task"].startswith("train"):
        model.train(job["batchNorm"] == "train")
        trained = model.vision if job["task"] == "train-image" else model
        optimizer = torch.optim.AdamW(trained.parameters(), lr=1e-5)

        def step():
            optimizer.zero_grad()
            with autocast:
                value = loss()
            value.backward()
            optimizer.step()
            return value.item()
    else:
        model.eval()

        def step():
            with torch.inference_mode(), autocast:
                out = model.images(pixels) if job["task"] == "embed-image" else model.texts(ids)
            return out.float().sum().item()

    print(json.dumps({"ready": f"PyTorch {torch.__version__}", "loadMs": ms(started)}), flush=True)
    for _ in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        step()
        used = (time.process_time() - cpu) * 1000
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"wallMs": ms(wall), "cpuMs": used, "peakMiB": peak}), flush=True)


def ms(since):
    return (time.perf_counter() - since) * 1000


main()
