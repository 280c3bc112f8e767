package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	artifactv1 "ubt.example/client/gen/ubt/artifact/v1"
	detectorv1 "ubt.example/client/gen/ubt/detector/v1"
	jobv1 "ubt.example/client/gen/ubt/job/v1"
	planv1 "ubt.example/client/gen/ubt/plan/v1"
)

const (
	submitLimit = 5 * time.Minute
	jobLimit    = time.Hour
)

// submit queues a job. The same request id gives the same job, so that a call whose answer was lost may be repeated.
func submit(connection grpc.ClientConnInterface, model, pairs string) (*jobv1.Job, error) {
	request := &detectorv1.DetectRequest{
		RequestId: newRequestID(),
		Subject:   &planv1.Subject{Model: artifact(model), Pairs: artifact(pairs)},
		Options:   &planv1.DetectOptions{OverfitSteps: proto.Uint32(5)},
	}
	var job *jobv1.Job
	err := retrying(submitLimit, func(ctx context.Context) error {
		response, err := detectorv1.NewDetectorClient(connection).Detect(ctx, request)
		job = response.GetJob()
		return err
	})
	return job, err
}

// watch follows a job to its end. A stream that breaks off is taken up after the last update that came.
func watch(connection grpc.ClientConnInterface, job *jobv1.Job) (*jobv1.Job, error) {
	last := job
	err := retrying(jobLimit, func(ctx context.Context) error {
		request := &jobv1.WatchJobRequest{Name: last.Name, AfterSequence: last.Sequence}
		updates, err := jobv1.NewJobsClient(connection).WatchJob(ctx, request)
		if err != nil {
			return err
		}
		return each(updates.Recv, func(update *jobv1.WatchJobResponse) {
			last = update.Job
			progress := last.GetProgress()
			fmt.Fprintf(os.Stderr, "%s: %s %d/%d\n", last.Name, progress.GetPhase(), progress.GetDone(), progress.GetTotal())
		})
	})
	return last, err
}

func resultOf(job *jobv1.Job) (*detectorv1.DetectResult, error) {
	if job.State != jobv1.JobState_JOB_STATE_SUCCEEDED {
		failed := job.GetError()
		message := "%s did not succeed: %s\n  reason: %s\n  fix: %s"
		code := codes.Code(failed.GetCode())
		return nil, status.Errorf(code, message, job.Name, failed.GetMessage(), failed.GetReason(), failed.GetFix())
	}
	result := &detectorv1.DetectResult{}
	return result, job.Result.UnmarshalTo(result)
}

func artifact(place string) *artifactv1.Artifact {
	if strings.Contains(place, "://") {
		return &artifactv1.Artifact{Uri: place}
	}
	path, err := filepath.Abs(place)
	if err != nil {
		path = place
	}
	return &artifactv1.Artifact{Uri: (&url.URL{Scheme: "file", Path: path}).String()}
}

// newRequestID gives a random UUID.
func newRequestID() string {
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		panic(err)
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
