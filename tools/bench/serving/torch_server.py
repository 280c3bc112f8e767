"""The peer of `npm run bench:serving`: ScorePairs as a plain PyTorch gRPC server has it, one pair after the other.

torch_server.py SUSPECT LIFTED THREADS PROTO: two checkpoint folders, threads of PyTorch, and the folder of the contract,
from which the stubs are compiled. Says `listens on HOST:PORT` when it is ready, or `missing REASON`.
"""
import io
import sys
import tempfile
from concurrent import futures
from pathlib import Path

WORKERS = 256


def main():
    suspect, lifted, threads, proto = sys.argv[1:]
    try:
        import grpc
        import torch
        from grpc_tools import protoc
        from PIL import Image
        from transformers import CLIPModel, CLIPImageProcessor, PreTrainedTokenizerFast
    except ImportError as missing:
        print(f"missing {sys.executable} cannot import what it takes ({missing})", flush=True)
        return
    torch.set_num_threads(int(threads))
    detector_pb2, response = compile_stubs(protoc, Path(proto))
    models = [CLIPModel.from_pretrained(folder).eval() for folder in (suspect, lifted)]
    length = models[0].config.text_config.max_position_embeddings
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(Path(suspect, "tokenizer.json")))
    processor = CLIPImageProcessor.from_pretrained(suspect)
    end = models[0].config.text_config.eos_token_id

    @torch.inference_mode()
    def score(pair):
        image = Image.open(io.BytesIO(pair.image_bytes)).convert("RGB")
        pixels = processor(images=image, return_tensors="pt")["pixel_values"]
        ids = tokenizer(pair.caption)["input_ids"][:length]
        ids = torch.tensor([ids + [end] * (length - len(ids))])
        cosines = [cosine(model, pixels, ids) for model in models]
        return cosines[1] - cosines[0], cosines[0]

    def score_pairs(requests, _context):
        for request in requests:
            if request.WhichOneof("message") != "pair":
                continue
            gain, similarity = score(request.pair)
            yield response(id=request.pair.id, score=detector_pb2.PairScore(score=gain, similarity=similarity))

    handler = grpc.stream_stream_rpc_method_handler(
        score_pairs,
        request_deserializer=detector_pb2.ScorePairsRequest.FromString,
        response_serializer=response.SerializeToString,
    )
    # A stream takes one of these for as long as it is open.
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=WORKERS))
    service = grpc.method_handlers_generic_handler("ubt.detector.v1.Detector", {"ScorePairs": handler})
    server.add_generic_rpc_handlers((service,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"listens on 127.0.0.1:{port}", flush=True)
    server.wait_for_termination()


def cosine(model, pixels, ids):
    outputs = model(input_ids=ids, pixel_values=pixels)
    return float((outputs.image_embeds * outputs.text_embeds).sum())


def compile_stubs(protoc, proto):
    import grpc_tools

    into = tempfile.mkdtemp(prefix="ubt-bench-stubs-")
    known = Path(grpc_tools.__file__).parent / "_proto"
    files = [str(path) for path in proto.rglob("*.proto")]
    code = protoc.main(["protoc", f"-I{proto}", f"-I{known}", f"--python_out={into}", *files])
    if code != 0:
        raise RuntimeError(f"protoc ended with {code}")
    sys.path.insert(0, into)
    import atexit
    import shutil

    atexit.register(shutil.rmtree, into, ignore_errors=True)
    from ubt.detector.v1 import detector_pb2

    return detector_pb2, detector_pb2.ScorePairsResponse


main()
