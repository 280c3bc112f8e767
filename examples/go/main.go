// Calls the detector: a whole data set as a job, then single pairs against the model that the job has prepared.
//
//	detect ADDRESS MODEL PAIRS [IMAGE CAPTION]...
//
// MODEL and PAIRS are paths of the machine that the detector runs on, below its UBT_ARTIFACT_ROOTS, or s3:// URIs; an
// IMAGE is a file of this machine.
package main

import (
	"fmt"
	"os"

	"google.golang.org/grpc"
)

const usage = "detect ADDRESS MODEL PAIRS [IMAGE CAPTION]..."

func main() {
	if len(os.Args) < 4 || len(os.Args)%2 != 0 {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(1)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4:]); err != nil {
		fmt.Fprintln(os.Stderr, describe(err))
		os.Exit(1)
	}
}

func run(address, model, pairs string, imagesAndCaptions []string) error {
	connection, err := grpc.Dial(address, grpc.WithInsecure())
	if err != nil {
		return err
	}
	defer connection.Close()
	job, err := submit(connection, model, pairs)
	if err != nil {
		return err
	}
	if job, err = watch(connection, job); err != nil {
		return err
	}
	found, err := resultOf(job)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d of %d pairs are suspicious\n", found.Method, found.Suspects, found.ScoredPairs)
	fmt.Printf("scores: %s sha256 %s\n", found.Scores.Uri, found.Scores.Sha256)
	if len(imagesAndCaptions) == 0 {
		return nil
	}
	answers, err := score(connection, found.DetectionModel, imagesAndCaptions)
	for _, answer := range answers {
		fmt.Println(lineOf(answer))
	}
	return err
}
