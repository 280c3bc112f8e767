package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	firstPause   = 200 * time.Millisecond
	longestPause = 10 * time.Second
)

// retrying calls until there is an answer, an error that repeating does not mend, or no time left. The call must be
// one that may be repeated: reading, or a request with a request id.
func retrying(limit time.Duration, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for attempt := 0; ; attempt++ {
		err := call(ctx)
		if err == nil {
			return nil
		}
		pause, ok := pauseBeforeRetry(err, attempt)
		deadline, _ := ctx.Deadline()
		if !ok || time.Now().Add(pause).After(deadline) {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s: trying again in %v\n", status.Code(err), pause)
		time.Sleep(pause)
	}
}

// pauseBeforeRetry tells how long to wait: as long as the service says, else longer each time while it is away;
// false when waiting is no use.
func pauseBeforeRetry(err error, attempt int) (time.Duration, bool) {
	for _, detail := range status.Convert(err).Details() {
		if told, ok := detail.(*errdetails.RetryInfo); ok {
			pause := told.GetRetryDelay()
			return time.Duration(pause.GetSeconds())*time.Second + time.Duration(pause.GetNanos()), true
		}
	}
	if status.Code(err) != codes.Unavailable {
		return 0, false
	}
	pause := firstPause
	for i := 0; i < attempt && pause < longestPause; i++ {
		pause *= 2
	}
	if pause > longestPause {
		pause = longestPause
	}
	return pause, true
}

// describe gives an error for people: its code and message, then the stable reason, refused fields, and what to do.
func describe(err error) string {
	told := status.Convert(err)
	lines := []string{fmt.Sprintf("%s: %s", told.Code(), told.Message())}
	fix := ""
	for _, detail := range told.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			lines = append(lines, "  reason: "+detail.Reason)
			fix = detail.Metadata["fix"]
		case *errdetails.BadRequest:
			for _, violation := range detail.FieldViolations {
				lines = append(lines, fmt.Sprintf("  %s: %s", violation.Field, violation.Description))
			}
		}
	}
	if fix != "" {
		lines = append(lines, "  fix: "+fix)
	}
	return strings.Join(lines, "\n")
}
