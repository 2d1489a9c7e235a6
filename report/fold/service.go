package fold

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// service is the state of a Service while a replication is read.
type service struct {
	key                        string
	workloads                  []string
	inTime                     bool // its clients want answers in time
	arrived, ok, failed, late  int64
	byCause                    [record.CauseCount]int64 // in the order of record.Causes
	latency                    record.Histogram
	firstToken, perToken       record.Histogram
	inFlightMax, inFlightAtEnd int64
	retries                    int64
	trouble                    trouble
	usual                      usual
	costs                      map[int]*cost // by index of the step
	sessions                   sessions
	outages                    int
	outage                     sim.Time // in all
	longest                    *result.Outage
	ready                      bool // endpoints were, once
	firstReady                 sim.Time
	endpointsMin               int // since then
	// noEndpointBefore counts the requests that found no endpoint before the
	// first was ready.
	noEndpointBefore int64
}

func (r *replication) requests(rec record.Requests) error {
	failed, byCause, err := countCauses(rec.Failed)
	if err != nil {
		return err
	}
	switch {
	case rec.Arrived < 0 || rec.OK < 0:
		return fmt.Errorf("arrived, ok: must be at least 0, got %d and %d", rec.Arrived, rec.OK)
	case rec.Late < 0 || rec.Late > rec.OK:
		return fmt.Errorf("late: must be from 0 to ok, %d, got %d", rec.OK, rec.Late)
	}
	s := r.service(rec.Service)
	s.arrived += rec.Arrived
	s.ok += rec.OK
	s.late += rec.Late
	s.failed += failed
	for i, n := range byCause {
		s.byCause[i] += n
	}
	if rec.Retries < 0 {
		return fmt.Errorf("retries: must be at least 0, got %d", rec.Retries)
	}
	s.retries += rec.Retries
	if err := s.sessions.add(rec.Sessions); err != nil {
		return err
	}
	s.latency.Merge(&rec.Latency)
	mergeKnown(&s.firstToken, rec.FirstToken)
	mergeKnown(&s.perToken, rec.PerToken)
	s.inFlightMax = max(s.inFlightMax, rec.InFlight)
	if s.startsUnready(rec.From) {
		s.noEndpointBefore += rec.Failed[record.NoEndpoint]
	}
	if n := rec.Failed[record.NoEndpoint]; n > 0 {
		r.attributeNoEndpoint(s, n)
	}
	r.attributeRefused(s, rec)
	r.attribute(s, rec, failed, byCause)
	return nil
}

// attributeNoEndpoint books requests that found none with the rollouts that go on, but
// for the first, which brings the pods up.
func (r *replication) attributeNoEndpoint(s *service, n int64) {
	for _, key := range s.workloads {
		if w := r.workload(key); len(w.rollouts) > 1 && len(w.open()) > 0 {
			w.evidence.rolledAway += n
		}
	}
}

// startsUnready reports whether no endpoint had been ready at a time.
func (s *service) startsUnready(t sim.Time) bool { return !s.ready || t < s.firstReady }

// attributeRefused says which pods refused the requests of a window. One
// without a readiness probe gets requests while it loads; a pod that is being
// deleted gets them until the last proxy knows; what is left went to
// containers that died, of which other records tell.
func (r *replication) attributeRefused(s *service, rec record.Requests) {
	refused := rec.Failed[record.Refused]
	if refused == 0 || len(s.workloads) == 0 {
		return
	}
	var loading, terminating *workload
	for _, key := range slices.Backward(s.workloads) {
		w := r.workload(key)
		if w.loading.overlaps(rec.From, rec.T) {
			loading = w
		}
		if w.terminating.overlaps(rec.From, rec.T) {
			terminating = w
		}
	}
	switch {
	case loading != nil && (terminating == nil || !loading.readiness):
		loading.evidence.refusedLoading += refused
	case terminating != nil:
		terminating.evidence.refusedTerminating += refused
	}
}

func countCauses(failed map[record.Cause]int64) (sum int64, byCause [record.CauseCount]int64, err error) {
	for _, cause := range slices.Sorted(maps.Keys(failed)) {
		i := slices.Index(record.Causes[:], cause)
		n := failed[cause]
		switch {
		case i < 0:
			return 0, byCause, fmt.Errorf("failed: must be one of %v, got %q", record.Causes, cause)
		case n < 0:
			return 0, byCause, fmt.Errorf("failed.%s: must be at least 0, got %d", cause, n)
		}
		byCause[i] += n
		sum += n
	}
	return sum, byCause, nil
}

func (r *replication) outage(rec record.Outage) error {
	failed, byCause, err := countCauses(rec.Failed)
	switch {
	case err != nil:
		return err
	case rec.From > rec.T:
		return fmt.Errorf("from: must be at most t, %s, got %s", rec.T, rec.From)
	}
	s := r.service(rec.Service)
	length := rec.T - rec.From
	s.outages++
	s.outage += length
	if s.longest == nil || length > s.longest.Seconds {
		s.longest = &result.Outage{Service: rec.Service, Replication: r.index, From: rec.From, Seconds: length,
			Failed: failed, Cause: mostFrequent(byCause)}
	}
	return nil
}

func mostFrequent(byCause [record.CauseCount]int64) record.Cause {
	most := 0
	for i, n := range byCause {
		if n > byCause[most] {
			most = i
		}
	}
	return record.Causes[most]
}

func (s *service) endpoints(rec record.Endpoints) {
	switch {
	case s.ready:
		s.endpointsMin = min(s.endpointsMin, rec.To)
	case rec.To > 0:
		s.ready, s.endpointsMin, s.firstReady = true, rec.To, rec.T
	}
}

func (s *service) availability() stat.Value {
	if s.ok+s.failed == 0 {
		return stat.Missing
	}
	return stat.Value(float64(s.ok) / float64(s.ok+s.failed))
}

// answeredLate counts late answers, missing where nobody said what that is.
func (s *service) answeredLate() stat.Value {
	if !s.inTime {
		return stat.Missing
	}
	return stat.Value(s.late)
}

// goodput is the part of the requests that ended well and in time.
func (s *service) goodput() stat.Value {
	if s.ok+s.failed == 0 || !s.inTime {
		return stat.Missing
	}
	return stat.Value(float64(s.ok-s.late) / float64(s.ok+s.failed))
}

// latencyAt is a quantile in seconds.
func (s *service) latencyAt(q float64) stat.Value { return stat.Value(s.latency.Quantile(q) / 1e9) }

func (s *service) retriesPerRequest() stat.Value {
	if s.arrived == 0 {
		return stat.Missing
	}
	return stat.Value(float64(s.retries) / float64(s.arrived))
}

// mergeKnown adds a histogram that may be nil.
func mergeKnown(to, from *record.Histogram) {
	if from != nil {
		to.Merge(from)
	}
}

// quantileOf is a quantile in seconds of nanoseconds, missing without values.
func quantileOf(h *record.Histogram, q float64) stat.Value {
	if h.Count() == 0 {
		return stat.Missing
	}
	return stat.Value(h.Quantile(q) / 1e9)
}
