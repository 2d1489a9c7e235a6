// Command rehearse simulates a Kubernetes cluster, its workloads and their
// load, and reports capacity, OOM risk and downtime.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// patience is how long an interrupted command may take to say how far it was.
const patience = 800 * time.Millisecond

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	writing := &outputs{}
	go func() {
		<-ctx.Done()
		stop() // a second interrupt ends the process at once
		time.Sleep(patience)
		fmt.Fprintln(os.Stderr, "interrupted while reading the input or writing the report")
		writing.discardAll()
		os.Exit(exitInterrupted)
	}()
	code := Main(ctx, os.Args[1:], Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, outputs: writing})
	os.Exit(code)
}
