package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"google.golang.org/grpc"

	artifactv1 "ubt.example/client/gen/ubt/artifact/v1"
	detectorv1 "ubt.example/client/gen/ubt/detector/v1"
)

const scoreLimit = 5 * time.Minute

// score scores pairs on one stream: first the model, then the pairs; the answers come in the order of the pairs.
func score(
	connection grpc.ClientConnInterface, model *artifactv1.Artifact, imagesAndCaptions []string,
) ([]*detectorv1.ScorePairsResponse, error) {
	messages, err := scoreMessages(model, imagesAndCaptions)
	if err != nil {
		return nil, err
	}
	var answers []*detectorv1.ScorePairsResponse
	err = retrying(scoreLimit, func(ctx context.Context) error {
		answers = nil
		stream, err := detectorv1.NewDetectorClient(connection).ScorePairs(ctx)
		if err != nil {
			return err
		}
		go send(stream, messages)
		return each(stream.Recv, func(answer *detectorv1.ScorePairsResponse) { answers = append(answers, answer) })
	})
	return answers, err
}

func scoreMessages(model *artifactv1.Artifact, imagesAndCaptions []string) ([]*detectorv1.ScorePairsRequest, error) {
	first := &detectorv1.ScorePairsRequest{Message: &detectorv1.ScorePairsRequest_DetectionModel{DetectionModel: model}}
	messages := []*detectorv1.ScorePairsRequest{first}
	for at := 0; at+1 < len(imagesAndCaptions); at += 2 {
		image, caption := imagesAndCaptions[at], imagesAndCaptions[at+1]
		bytes, err := os.ReadFile(image)
		if err != nil {
			return nil, err
		}
		pair := &detectorv1.Pair{Id: image, Image: &detectorv1.Pair_ImageBytes{ImageBytes: bytes}, Caption: caption}
		messages = append(messages, &detectorv1.ScorePairsRequest{Message: &detectorv1.ScorePairsRequest_Pair{Pair: pair}})
	}
	return messages, nil
}

// send writes while the answers are read. What goes wrong here ends the stream, and is told where it is read.
func send(stream detectorv1.Detector_ScorePairsClient, messages []*detectorv1.ScorePairsRequest) {
	for _, message := range messages {
		if stream.Send(message) != nil {
			return
		}
	}
	_ = stream.CloseSend()
}

// each hands on what a stream sends, until its end.
func each[Message any](receive func() (Message, error), use func(Message)) error {
	for {
		message, err := receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		use(message)
	}
}

func lineOf(answer *detectorv1.ScorePairsResponse) string {
	if failed := answer.GetError(); failed != nil {
		return fmt.Sprintf("%s: %s (%s)", answer.Id, failed.Message, failed.Reason)
	}
	found := answer.GetScore()
	verdict := "not suspicious"
	if found.Suspicious {
		verdict = "suspicious"
	}
	return fmt.Sprintf("%s: %.3f %s, similarity %.3f", answer.Id, found.Score, verdict, found.Similarity)
}
