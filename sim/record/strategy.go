package record

import (
	"fmt"
	"strconv"
	"strings"
)

// Strategy is how a workload's pods are replaced, and of a Job how its pods run. Of
// a ReplicaSet and of a bare Pod it is zero. In JSON it is a text:
//
//	RollingUpdate maxSurge=1 maxUnavailable=0                             a Deployment
//	RollingUpdate partition=2 OrderedReady                                a StatefulSet
//	Indexed completions=8 parallelism=2 backoffLimit=6 Never              a Job
//	"*/10 * * * *" Forbid NonIndexed parallelism=1 backoffLimit=6 Never   a CronJob
type Strategy struct {
	Update   *Update   // of a Deployment, StatefulSet or DaemonSet
	Schedule *Schedule // of a CronJob
	Jobs     *JobPlan  // of a Job, or of the Jobs of a CronJob
}

// Update is how pods of an old revision are replaced. What a kind does not have, or
// what is not given, is nil, 0 or "".
type Update struct {
	Type string // RollingUpdate, Recreate or OnDelete
	// Partition is the ordinal below which the pods of a StatefulSet stay old.
	Partition      int32
	MaxSurge       *Limit
	MaxUnavailable *Limit
	PodManagement  string // OrderedReady or Parallel, of a StatefulSet
}

// Limit is a number of pods, or a percentage of them.
type Limit struct {
	N       int32
	Percent bool
}

// Schedule is when a CronJob makes its Jobs.
type Schedule struct {
	Cron             string
	TimeZone         string
	Concurrency      string // Allow, Forbid or Replace
	StartingDeadline *int64 // seconds
}

// JobPlan is which pods a Job runs, and when it gives up.
type JobPlan struct {
	Mode           string // NonIndexed or Indexed
	Completions    *int32
	Parallelism    int32
	BackoffLimit   *int32 // nil when only that for each index counts
	PerIndex       *int32 // backoffLimitPerIndex
	ActiveDeadline *int64 // seconds
	RestartPolicy  string
}

// Limits are the limits of a rolling update that has both, else nil.
func (s Strategy) Limits() (surge, unavailable *Limit) {
	if u := s.Update; u != nil && u.Type == "RollingUpdate" && u.MaxSurge != nil && u.MaxUnavailable != nil {
		return u.MaxSurge, u.MaxUnavailable
	}
	return nil, nil
}

func (l Limit) String() string {
	if l.Percent {
		return fmt.Sprintf("%d%%", l.N)
	}
	return strconv.Itoa(int(l.N))
}

// String is the text form.
func (s Strategy) String() string {
	var words []string
	if s.Update != nil {
		words = append(words, s.Update.words()...)
	}
	if s.Schedule != nil {
		words = append(words, s.Schedule.words()...)
	}
	if s.Jobs != nil {
		words = append(words, s.Jobs.words()...)
	}
	return strings.Join(words, " ")
}

func (u *Update) words() []string {
	words := []string{u.Type}
	if u.Partition > 0 {
		words = append(words, fmt.Sprintf("partition=%d", u.Partition))
	}
	words = appendNumber(words, "maxSurge", u.MaxSurge)
	words = appendNumber(words, "maxUnavailable", u.MaxUnavailable)
	if u.PodManagement != "" {
		words = append(words, u.PodManagement)
	}
	return words
}

func (s *Schedule) words() []string {
	words := []string{strconv.Quote(s.Cron)}
	if s.TimeZone != "" {
		words = append(words, s.TimeZone)
	}
	return appendNumber(append(words, s.Concurrency), "startingDeadlineSeconds", s.StartingDeadline)
}

func (p *JobPlan) words() []string {
	words := appendNumber([]string{p.Mode}, "completions", p.Completions)
	words = append(words, fmt.Sprintf("parallelism=%d", p.Parallelism))
	words = appendNumber(words, "backoffLimitPerIndex", p.PerIndex)
	words = appendNumber(words, "backoffLimit", p.BackoffLimit)
	return append(appendNumber(words, "activeDeadlineSeconds", p.ActiveDeadline), p.RestartPolicy)
}

func appendNumber[N any](words []string, name string, n *N) []string {
	if n == nil {
		return words
	}
	return append(words, fmt.Sprintf("%s=%v", name, *n))
}

// MarshalText implements encoding.TextMarshaler.
func (s Strategy) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Strategy) UnmarshalText(text []byte) error {
	read, err := ParseStrategy(string(text))
	*s = read
	return err
}

// ParseStrategy reads the text form.
func ParseStrategy(text string) (Strategy, error) {
	r := strategyReader{text: text}
	s := r.strategy()
	if r.wrong || r.rest() || s.String() != text {
		return Strategy{}, fmt.Errorf("strategy: must be as rehearse writes it, got %q", text)
	}
	return s, nil
}

// strategyReader takes the words of a Strategy's text from its front.
type strategyReader struct {
	text  string
	wrong bool
}

func (r *strategyReader) strategy() (s Strategy) {
	if cron, err := strconv.QuotedPrefix(r.text); err == nil {
		s.Schedule = r.schedule(cron)
	}
	switch word := r.peek(); {
	case word == "":
	case word == "NonIndexed" || word == "Indexed":
		s.Jobs = r.jobPlan()
	case s.Schedule == nil:
		s.Update = r.update()
	}
	return s
}

func (r *strategyReader) schedule(quoted string) *Schedule {
	cron, _ := strconv.Unquote(quoted)
	s := &Schedule{Cron: cron}
	r.text = strings.TrimPrefix(r.text[len(quoted):], " ")
	if word := r.peek(); word != "Allow" && word != "Forbid" && word != "Replace" {
		s.TimeZone = r.word()
	}
	s.Concurrency = r.word()
	s.StartingDeadline = number[int64](r, "startingDeadlineSeconds")
	return s
}

func (r *strategyReader) update() *Update {
	u := &Update{Type: r.word()}
	if n := number[int32](r, "partition"); n != nil {
		u.Partition = *n
	}
	u.MaxSurge, u.MaxUnavailable = r.limit("maxSurge"), r.limit("maxUnavailable")
	u.PodManagement = r.word()
	return u
}

func (r *strategyReader) jobPlan() *JobPlan {
	p := &JobPlan{Mode: r.word(), Completions: number[int32](r, "completions")}
	if n := number[int32](r, "parallelism"); n != nil {
		p.Parallelism = *n
	}
	p.PerIndex, p.BackoffLimit = number[int32](r, "backoffLimitPerIndex"), number[int32](r, "backoffLimit")
	p.ActiveDeadline = number[int64](r, "activeDeadlineSeconds")
	p.RestartPolicy = r.word()
	return p
}

func (r *strategyReader) rest() bool { return r.text != "" }

func (r *strategyReader) peek() string {
	word, _, _ := strings.Cut(r.text, " ")
	return word
}

func (r *strategyReader) word() (word string) {
	word, r.text, _ = strings.Cut(r.text, " ")
	return word
}

// value takes the next word when it is "name=value".
func (r *strategyReader) value(name string) (string, bool) {
	value, is := strings.CutPrefix(r.peek(), name+"=")
	if is {
		r.word()
	}
	return value, is
}

func (r *strategyReader) limit(name string) *Limit {
	value, is := r.value(name)
	if !is {
		return nil
	}
	digits, percent := strings.CutSuffix(value, "%")
	n, err := strconv.ParseInt(digits, 10, 32)
	r.wrong = r.wrong || err != nil || n < 0
	return &Limit{N: int32(n), Percent: percent}
}

func number[N int32 | int64](r *strategyReader, name string) *N {
	value, is := r.value(name)
	if !is {
		return nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	r.wrong = r.wrong || err != nil || int64(N(n)) != n
	of := N(n)
	return &of
}
