package upstream

import "strings"

// StepFault is why kubectl, or the API server, did not do what a step asks for.
type StepFault int

const (
	OtherFault StepFault = iota
	SeveralBudgets
	NoRevision
	RevisionGone
	QuotaExceeded
	ImmutableField
	ImmutablePod
	TaintThere
	TaintGone
	AlreadyPaused
	RolloutPaused
	MachineUp
	NothingThere
	NoPods
)

// stepFaults are the faults by what is said of them. The first that fits counts.
var stepFaults = []struct {
	said string
	is   StepFault
}{
	{"more than one PodDisruptionBudget", SeveralBudgets},
	{"rollout history", NoRevision},
	{"no last revision", NoRevision},
	{"specified revision", RevisionGone},
	{"exceeded quota", QuotaExceeded},
	{"immutable", ImmutableField},
	{"running pod", ImmutablePod},
	{"may not change fields", ImmutablePod},
	{"are forbidden", ImmutableField},
	{"already has", TaintThere},
	{`taint "`, TaintGone},
	{"already paused", AlreadyPaused},
	{"paused deployment", RolloutPaused},
	{"is not down", MachineUp},
	{"not found", NothingThere},
	{"No resources found", NoPods},
}

// FaultOfStep is the fault that the error of a step tells.
func FaultOfStep(err string) StepFault {
	for _, f := range stepFaults {
		if strings.Contains(err, f.said) {
			return f.is
		}
	}
	return OtherFault
}

// DrainFlags are the flags that kubectl drain asks for, by their names in a
// scenario.
func DrainFlags(err string) (flags []string) {
	for _, f := range []struct{ said, flag string }{
		{"(use --ignore-daemonsets to ignore)", "ignoreDaemonSets"},
		{"(use --delete-emptydir-data to override)", "deleteEmptyDirData"},
		{"(use --force to override)", "force"},
	} {
		if strings.Contains(err, f.said) {
			flags = append(flags, f.flag)
		}
	}
	return flags
}
