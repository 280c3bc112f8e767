"""Calls the detector: a whole data set as a job, then one pair at a time against the model that the job prepared.

    python detect.py ADDRESS MODEL PAIRS IMAGE CAPTION

Paths are those of the machine that the detector runs on, below its UBT_ARTIFACT_ROOTS; s3:// URIs work too. Needs
grpcio and the stubs that docs/recipes.md generates.
"""

import sys
import uuid
from pathlib import Path

import grpc
from ubt.artifact.v1.artifact_pb2 import Artifact
from ubt.detector.v1 import detector_pb2, detector_pb2_grpc
from ubt.job.v1 import job_pb2, jobs_pb2, jobs_pb2_grpc
from ubt.plan.v1.plan_pb2 import DetectOptions, Subject

JOB_LIMIT_SECONDS = 3600


def artifact(place: str) -> Artifact:
    return Artifact(uri=place if "://" in place else Path(place).resolve().as_uri())


def detect(channel: grpc.Channel, model: str, pairs: str) -> detector_pb2.DetectResult:
    """Runs a job to its end, telling how far it is. The same request id gives the same job, so retrying is safe."""
    request = detector_pb2.DetectRequest(
        request_id=str(uuid.uuid4()),
        subject=Subject(model=artifact(model), pairs=artifact(pairs)),
        options=DetectOptions(overfit_steps=5),
    )
    job = detector_pb2_grpc.DetectorStub(channel).Detect(request, timeout=30).job
    updates = jobs_pb2_grpc.JobsStub(channel).WatchJob(
        jobs_pb2.WatchJobRequest(name=job.name), timeout=JOB_LIMIT_SECONDS
    )
    for update in updates:
        job = update.job
        print(f"{job.name}: {job.progress.phase} {job.progress.done}/{job.progress.total}", file=sys.stderr)
    if job.state != job_pb2.JOB_STATE_SUCCEEDED:
        raise SystemExit(f"{job.error.reason}: {job.error.message} {job.error.fix}")
    result = detector_pb2.DetectResult()
    job.result.Unpack(result)
    return result


def score(channel: grpc.Channel, model: Artifact, image: str, caption: str) -> detector_pb2.ScorePairsResponse:
    """Scores one pair; a stream takes as many as one likes, and answers in order."""

    def messages():
        yield detector_pb2.ScorePairsRequest(detection_model=model)
        pair = detector_pb2.Pair(id=image, image_bytes=Path(image).read_bytes(), caption=caption)
        yield detector_pb2.ScorePairsRequest(pair=pair)

    return next(iter(detector_pb2_grpc.DetectorStub(channel).ScorePairs(messages(), timeout=120)))


def main(address: str, model: str, pairs: str, image: str, caption: str) -> None:
    with grpc.insecure_channel(address) as channel:
        try:
            found = detect(channel, model, pairs)
            print(f"{found.method}: {found.suspects} of {found.scored_pairs} pairs are suspicious")
            print(f"scores: {found.scores.uri} sha256 {found.scores.sha256}")
            print(score(channel, found.detection_model, image, caption))
        except grpc.RpcError as error:
            raise SystemExit(f"{error.code().name}: {error.details()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
