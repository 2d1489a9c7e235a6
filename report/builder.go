package report

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/report/finding"
	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/measure"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/story"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Builder computes a Result from a stream of records. What it keeps grows
// with the pods of one replication and the number of replications, never with
// that of the requests.
type Builder struct {
	facts     *fold.Facts
	measures  measure.Measures
	story     story.Story
	result    *result.Result // once it was asked for
	oomTarget float64
	rules     []finding.Rule
	stopped   string
}

// Rule is a rule of an extension, which adds findings to a result.
type Rule = finding.Rule

// AddRule lets the result have the findings of one more rule, after all others.
// The error is about its name or severity.
func (b *Builder) AddRule(r Rule) error {
	if err := r.Check(); err != nil {
		return err
	}
	b.rules = append(b.rules, r)
	return nil
}

// NewBuilder returns a Builder that waits for the Run record.
func NewBuilder() *Builder { return &Builder{facts: fold.NewFacts(), oomTarget: OOMTarget} }

// OOMTarget is the risk of an OOM kill per pod-day that limits are proposed
// for when nobody asks for another.
const OOMTarget = 0.001

// SetOOMTarget changes it; it must lie between 0 and 1 and be set before the
// result is asked for.
func (b *Builder) SetOOMTarget(probability float64) error {
	if !(probability > 0 && probability < 1) {
		return fmt.Errorf("oom target: must be between 0 and 1, got %v", probability)
	}
	b.oomTarget = probability
	return nil
}

// Stop says why no more records come, such as "the memory limit of 1Gi is reached".
// A result that is complete all the same does not tell it.
func (b *Builder) Stop(why string) { b.stopped = why }

// Write is Add, which makes a Builder a record.Sink.
func (b *Builder) Write(r record.Record) error { return b.Add(r) }

// Add takes the next record of the stream.
func (b *Builder) Add(r record.Record) error {
	if err := b.facts.Add(r); err != nil {
		return err
	}
	b.measures.Add(r)
	if placed, ok := r.(interface{ When() record.At }); ok && placed.When().Replication == 0 {
		b.story.Tell(r, b.facts.PodNow)
	}
	return nil
}

// Result closes the stream and computes the result. A stream that stops
// before its end gives one too, whose verdict says so. It is an error when no
// replication has begun.
func (b *Builder) Result() (*result.Result, error) {
	if b.result != nil {
		return b.result, nil
	}
	r, err := b.facts.Result(b.oomTarget)
	if err != nil {
		return nil, err
	}
	b.measures.Into(r.Values)
	b.story.Finish(r)
	r.Verdict = judge{b.facts, r.Values}.verdict(r.Completed, b.stopped)
	r.Findings, r.Silenced = finding.Silence(finding.All(b.facts, r, b.rules), b.facts.Run.Silences)
	b.result = r
	return r, nil
}

// Build reads a whole stream.
func Build(r *record.Reader) (*result.Result, error) { return NewBuilder().Build(r) }

// Build reads a whole stream into a Builder that has taken no record yet.
func (b *Builder) Build(r *record.Reader) (*result.Result, error) {
	if err := r.Each(b.Add); err != nil {
		return nil, err
	}
	return b.Result()
}
