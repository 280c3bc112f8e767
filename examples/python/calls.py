"""What every caller of a UBT service wants: retries that keep to a deadline, and errors with their details."""

import sys
import time
from typing import Callable, Optional, TypeVar

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

Answer = TypeVar("Answer")
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10


def retrying(call: Callable[[float], Answer], limit_seconds: float) -> Answer:
    """Calls until there is an answer, an error that repeating does not mend, or no time left.

    `call` is handed the seconds that are left, for its own deadline. It must be one that may be repeated: reading, or
    a request with a request id.
    """
    end = time.monotonic() + limit_seconds
    attempt = 0
    while True:
        try:
            return call(max(end - time.monotonic(), 0))
        except grpc.RpcError as error:
            pause = pause_before_retry(error, attempt)
            if pause is None or time.monotonic() + pause > end:
                raise
            print(f"{error.code().name}: trying again in {pause:.1f} s", file=sys.stderr)
            time.sleep(pause)
            attempt += 1


def pause_before_retry(error: grpc.RpcError, attempt: int) -> Optional[float]:
    """Seconds to wait: what the service says, else longer each time while it is away; None when waiting is no use."""
    told = detail(error, RetryInfo)
    if told is not None:
        return told.retry_delay.seconds + told.retry_delay.nanos / 1e9
    if error.code() == grpc.StatusCode.UNAVAILABLE:
        return min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS)
    return None


def describe(error: grpc.RpcError) -> str:
    """An error for people: its code and message, then the stable reason, refused fields, and what to do."""
    lines = [f"{error.code().name}: {error.details()}"]
    info = detail(error, ErrorInfo)
    if info is not None:
        lines.append(f"  reason: {info.reason}")
    bad_request = detail(error, BadRequest)
    for violation in bad_request.field_violations if bad_request is not None else []:
        lines.append(f"  {violation.field}: {violation.description}")
    if info is not None and info.metadata.get("fix"):
        lines.append(f"  fix: {info.metadata['fix']}")
    return "\n".join(lines)


def detail(error: grpc.RpcError, kind):
    """The detail of one message type that a service has sent with its error, or None."""
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        for packed in Status.FromString(value).details:
            found = kind()
            if packed.Unpack(found):
                return found
    return None
