package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

// Exit codes.
const (
	exitOK          = 0
	exitFailed      = 1   // an expectation does not hold
	exitBadInput    = 2   // files, flags or arguments
	exitInternal    = 3   // a fault of rehearse
	exitLimit       = 4   // stopped by a limit
	exitInterrupted = 130 // 128 + SIGINT, as shells count
)

// Streams are the standard streams of a command.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer

	inputs  *scenarios.Inputs // what was read
	outputs *outputs          // what is being written
	brake   *brake            // what stops it before its end
	exit    func(code int)    // ends the process; nil in tests
	used    func() uint64     // bytes of memory taken; nil for what the runtime says
}

// errFailed says that the output already tells which expectation failed.
var errFailed = errors.New("an expectation does not hold")

// inputError is a fault of what the user gave.
type inputError struct{ error }

func (e inputError) Unwrap() error { return e.error }

func badInput(format string, arguments ...any) error {
	return inputError{fmt.Errorf(format, arguments...)}
}

// Main runs the command line and returns the exit code. Results go to Out;
// progress, timing and errors to Err.
func Main(ctx context.Context, arguments []string, s Streams) int {
	out := &quoting{to: s.Out, terminal: isTerminal(s.Out)}
	diagnostics := &quoting{to: s.Err, terminal: isTerminal(s.Err)}
	s.inputs = &scenarios.Inputs{}
	out.check = func() error { return refuseInput(out.to, s.inputs) }
	s.Out, s.Err = out, diagnostics
	s.outputs = &outputs{}
	defer s.outputs.discardAll()
	ctx, stop := context.WithCancelCause(ctx)
	s.brake = newBrake(stop, s.used)
	defer s.brake.release()
	if s.exit != nil {
		go s.losePatience(ctx)
	}
	root := newRoot(s)
	root.SetArgs(arguments)
	err := root.ExecuteContext(ctx)
	if out.err != nil { // whatever came of it: nobody has the result
		err = out.failed()
	}
	return exitCode(s, err)
}

// exitCode tells an error and is its exit code.
func exitCode(s Streams, err error) int {
	if err == nil {
		return exitOK
	}
	var interrupted *replicate.Interrupted
	var limit *memoryError
	var faults scenarios.Errors
	var fault scenarios.Error
	var input inputError
	var livelock *sim.LivelockError
	if strings.HasPrefix(err.Error(), "unknown command") {
		err = inputError{err} // cobra has no type for it
	}
	switch {
	case errors.Is(err, errFailed):
		return exitFailed
	case errors.As(err, &limit):
		fmt.Fprintln(s.Err, "rehearse:", err)
		return exitLimit
	case errors.As(err, &interrupted):
		fmt.Fprintln(s.Err, err)
		return exitInterrupted
	case errors.As(err, &faults), errors.As(err, &fault):
		fmt.Fprintln(s.Err, err)
		return exitBadInput
	case errors.As(err, &livelock):
		fmt.Fprintln(s.Err, "rehearse:", err)
		return exitLimit
	case errors.As(err, &input):
		fmt.Fprintln(s.Err, "rehearse:", err)
		return exitBadInput
	}
	fmt.Fprintln(s.Err, "rehearse:", err)
	return exitInternal
}

func newRoot(s Streams) *cobra.Command {
	var memory string
	root := &cobra.Command{
		Use:   "rehearse",
		Short: "Rehearse a Kubernetes change before production does",
		Long: `rehearse plays hours of cluster life in virtual time: it takes the manifests you
have, the machines, how the containers behave and the load, and tells whether it
fits (capacity), whether it dies (OOM risk), whether it stays up (downtime), and
what to change.`,
		Example: `  rehearse run ./k8s --nodes 3xaws/g5.xlarge --rps 20
  rehearse run ./chart --values prod.yaml --nodes 3xaws/m7i.large
  rehearse run scenario.yaml
  rehearse test scenarios/
  rehearse compare scenario.yaml --vs 'Deployment/web:spec.replicas=5'`,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			limit, err := parseMemoryLimit(memory, machineMemory())
			if err != nil {
				return err
			}
			s.brake.watch(limit)
			return nil
		},
	}
	root.PersistentFlags().StringVar(&memory, "memory-limit", defaultMemoryLimit,
		"stop before more memory than this is taken: 4Gi, a share of the machine's, or none")
	root.Version = version()
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return badInput("%w\nsee '%s --help'", err, c.CommandPath())
	})
	root.AddCommand(
		newRun(s), newTest(s), newCompare(s), newPlan(s), newRollout(s), newSweep(s), newReport(s), newDiff(s), newExplain(s),
		newTruth(s), newValidate(s), newCalibrate(s), newCatalogue(s), newMetrics(s), newSchema(s),
		newGallery(s), newVersion(s),
	)
	for _, c := range root.Commands() {
		checkArguments(c)
	}
	return root
}

// checkArguments makes a wrong number of arguments bad input.
func checkArguments(c *cobra.Command) {
	check := c.Args
	if check == nil {
		return
	}
	c.Args = func(c *cobra.Command, arguments []string) error {
		if err := check(c, arguments); err != nil {
			return badInput("%w\nsee '%s --help'", err, c.CommandPath())
		}
		return nil
	}
}
