"""Calls the detector: a whole data set as a job, then single pairs against the model that the job has prepared.

    python detect.py ADDRESS MODEL PAIRS [IMAGE CAPTION]...

MODEL and PAIRS are paths of the machine that the detector runs on, below its UBT_ARTIFACT_ROOTS, or s3:// URIs; an
IMAGE is a file of this machine. Needs grpcio, and on PYTHONPATH what generate.sh makes.
"""

import sys
import uuid
from pathlib import Path
from typing import Optional, Sequence, Tuple

import grpc
from ubt.artifact.v1.artifact_pb2 import Artifact
from ubt.detector.v1 import detector_pb2, detector_pb2_grpc
from ubt.job.v1 import job_pb2, jobs_pb2, jobs_pb2_grpc
from ubt.plan.v1.plan_pb2 import DetectOptions, Subject

from calls import describe, retrying

SUBMIT_SECONDS = 300
JOB_SECONDS = 3600
SCORE_SECONDS = 300

PairList = Sequence[Tuple[str, str]]


def artifact(place: str) -> Artifact:
    return Artifact(uri=place if "://" in place else Path(place).resolve().as_uri())


def submit(channel: grpc.Channel, model: str, pairs: str) -> job_pb2.Job:
    """Queues a job. The same request id gives the same job, so that a call whose answer was lost may be repeated."""
    request = detector_pb2.DetectRequest(
        request_id=str(uuid.uuid4()),
        subject=Subject(model=artifact(model), pairs=artifact(pairs)),
        options=DetectOptions(overfit_steps=5),
    )
    detector = detector_pb2_grpc.DetectorStub(channel)
    return retrying(lambda left: detector.Detect(request, timeout=left), SUBMIT_SECONDS).job


def watch(channel: grpc.Channel, job: job_pb2.Job) -> job_pb2.Job:
    """Follows a job to its end. A stream that breaks off is taken up after the last update that came."""
    jobs = jobs_pb2_grpc.JobsStub(channel)
    last = job

    def follow(left: float) -> job_pb2.Job:
        nonlocal last
        request = jobs_pb2.WatchJobRequest(name=last.name, after_sequence=last.sequence)
        for update in jobs.WatchJob(request, timeout=left):
            last = update.job
            progress = last.progress
            print(f"{last.name}: {progress.phase} {progress.done}/{progress.total}", file=sys.stderr)
        return last

    return retrying(follow, JOB_SECONDS)


def result_of(job: job_pb2.Job) -> detector_pb2.DetectResult:
    if job.state != job_pb2.JOB_STATE_SUCCEEDED:
        error = job.error
        raise SystemExit(f"{job.name} did not succeed: {error.message}\n  reason: {error.reason}\n  fix: {error.fix}")
    result = detector_pb2.DetectResult()
    job.result.Unpack(result)
    return result


def score(channel: grpc.Channel, model: Artifact, pairs: PairList) -> Sequence[detector_pb2.ScorePairsResponse]:
    """Scores pairs on one stream: first the model, then the pairs; the answers come in the order of the pairs."""
    messages = [detector_pb2.ScorePairsRequest(detection_model=model)]
    for image, caption in pairs:
        pair = detector_pb2.Pair(id=image, image_bytes=Path(image).read_bytes(), caption=caption)
        messages.append(detector_pb2.ScorePairsRequest(pair=pair))
    detector = detector_pb2_grpc.DetectorStub(channel)
    return retrying(lambda left: list(detector.ScorePairs(iter(messages), timeout=left)), SCORE_SECONDS)


def line_of(answer: detector_pb2.ScorePairsResponse) -> str:
    if answer.HasField("error"):
        return f"{answer.id}: {answer.error.message} ({answer.error.reason})"
    found = answer.score
    verdict = "suspicious" if found.suspicious else "not suspicious"
    return f"{answer.id}: {found.score:.3f} {verdict}, similarity {found.similarity:.3f}"


def main(address: str, model: str, pairs: str, *images_and_captions: str) -> Optional[str]:
    with grpc.insecure_channel(address) as channel:
        try:
            found = result_of(watch(channel, submit(channel, model, pairs)))
            print(f"{found.method}: {found.suspects} of {found.scored_pairs} pairs are suspicious")
            print(f"scores: {found.scores.uri} sha256 {found.scores.sha256}")
            single = list(zip(images_and_captions[::2], images_and_captions[1::2]))
            for answer in score(channel, found.detection_model, single) if single else []:
                print(line_of(answer))
        except grpc.RpcError as error:
            return describe(error)
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 3 else __doc__)
