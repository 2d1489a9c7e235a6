package job

import (
	"errors"
	"time"

	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kube-rehearse/rehearse/sim/control"
)

// View is what the controller sees of one Job and what it remembers of it. It
// is read-only.
type View struct {
	// Job has gone through the API server's defaulting.
	Job *batch.Job
	// Pods are those that it owns, ended and terminating ones included. Upstream
	// has them in no particular order; where the order shows, it is this one.
	Pods []*v1.Pod
	// Refused is how many of the pods that this very sync creates don't come to
	// be, since the API server refused one and those of later batches were not
	// sent. A sync that is told so goes on with its status, then fails.
	Refused int32
	Memory
}

// Memory is what the controller knows from earlier syncs. It is lost when the
// Job is deleted.
type Memory struct {
	// Backoff counts the failed pods since the last good one.
	Backoff Backoff
	// Unobserved reports that pods which an earlier sync created or deleted are
	// not in the view as such (upstream's expectations).
	Unobserved bool
	// Released are pods whose tracking finalizer an earlier sync has removed while
	// the view still shows it (uidTrackingExpectations).
	Released map[types.UID]bool
	// Finished reports that an earlier sync has written that the Job is over
	// while the view doesn't show it (finishedJobExpectations).
	Finished bool
}

// Backoff is a backoffRecord of upstream.
type Backoff struct {
	FailuresAfterLastSuccess int32
	// LastFailure is zero without failures.
	LastFailure time.Time
}

func (v *View) validate() error {
	job := v.Job
	if job == nil {
		return errors.New("job: must be set, got nil")
	}
	f := control.FaultsOf("job", job)
	spec := &job.Spec
	count := func(field string, n *int32) {
		switch {
		case n == nil:
			f.Add("spec.%s: must be set, got nil", field)
		case *n < 0:
			f.Add("spec.%s: must be at least 0, got %d", field, *n)
		}
	}
	count("parallelism", spec.Parallelism)
	count("backoffLimit", spec.BackoffLimit)
	if spec.Completions != nil || isIndexedJob(job) {
		count("completions", spec.Completions)
	}
	if mode := spec.CompletionMode; mode != nil && *mode != batch.IndexedCompletion &&
		*mode != batch.NonIndexedCompletion {
		f.Add("spec.completionMode: must be Indexed or NonIndexed, got %q", *mode)
	}
	if spec.BackoffLimitPerIndex != nil && !isIndexedJob(job) {
		f.Add("spec.backoffLimitPerIndex: must be nil unless completionMode is Indexed, got %d", *spec.BackoffLimitPerIndex)
	}
	if len(spec.Template.Labels) == 0 {
		f.Add("spec.template.metadata.labels: must be set, got none")
	}
	f.Pods("pods", v.Pods)
	return f.Err()
}
