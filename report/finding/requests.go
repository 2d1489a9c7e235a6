package finding

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// overloaded is the part of the requests of a Service that must meet a full
// queue or time out before it counts as overload.
const overloaded = 0.001

// findMissingReadiness tells of requests that went to pods that did not
// listen yet.
func findMissingReadiness(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		refused := w.Evidence.RefusedLoading
		if refused.N == 0 || !w.Known {
			return nil
		}
		if w.Declared.Readiness {
			return []result.Finding{{
				What: fmt.Sprintf(
					"%s hit containers that were starting again%s: the readiness probe had not taken their pods out yet.",
					words.Requests(refused.N), f.inRuns(refused.Runs)),
				Change: "Lower the readinessProbe's periodSeconds and failureThreshold.",
			}}
		}
		what := fmt.Sprintf(
			"%s hit pods that did not listen yet%s: without a readiness probe a pod is Ready as soon as its containers run",
			words.Requests(refused.N), f.inRuns(refused.Runs))
		if took := longestStart(w); took > 0 {
			what += fmt.Sprintf(", and to listen takes up to %s", words.Time(took))
		}
		return []result.Finding{{What: what + ".", Change: "Add a readinessProbe."}}
	})
}

func longestStart(t *fold.WorkloadTotals) sim.Time {
	var longest sim.Time
	for _, took := range t.Evidence.Serving {
		longest = max(longest, took)
	}
	return longest
}

// findTrafficAfterTerm tells of requests that reached pods that had stopped to
// listen, because a proxy learns of a deletion later than the pod does.
func findTrafficAfterTerm(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		refused := w.Evidence.RefusedTerminating
		if refused.N == 0 {
			return nil
		}
		return []result.Finding{{
			What: fmt.Sprintf(
				"%s reached pods that were being deleted and did not listen any more%s: the proxies drop an endpoint later than the pod gets SIGTERM.",
				words.Requests(refused.N), f.inRuns(refused.Runs)),
			Change: listenLonger(w),
		}}
	})
}

// listenLonger is the advice to listen until the proxies know: where there is a preStop hook,
// that one is to last longer.
func listenLonger(w *fold.WorkloadTotals) string {
	if took, has := w.Evidence.Hooks.PreStop(); has {
		return fmt.Sprintf("Let the preStop hook, which took up to %s, last about 5 seconds at least, so that the process listens "+
			"until the proxies know.", words.Time(took))
	}
	return "Add a lifecycle.preStop sleep of about 5 seconds, so that it listens until the proxies know."
}

func finishFirst(w *fold.WorkloadTotals) string {
	change := "Make the process finish what is in flight at SIGTERM before it exits, "
	if took, has := w.Evidence.Hooks.PreStop(); has {
		return change + fmt.Sprintf("or let the preStop hook, which took up to %s, wait for that.", words.Time(took))
	}
	return change + "or add a lifecycle.preStop sleep that lets it."
}

// findLostAtTermination tells of requests in flight that ended with their pod.
func findLostAtTermination(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		if w.Evidence.LostAtTerm.N+w.Evidence.LostAtKill.N == w.Evidence.Cut.Hands && f.queueOf(key) != "" {
			return nil // findCutMessages tells of them
		}
		var all []result.Finding
		if lost := w.Evidence.LostAtTerm; lost.N > 0 {
			all = append(all, result.Finding{
				What: fmt.Sprintf("%s in flight were lost with containers that left at SIGTERM%s.", words.Requests(lost.N),
					f.inRuns(lost.Runs)),
				Change: finishFirst(w),
			})
		}
		if lost := w.Evidence.LostAtKill; lost.N > 0 {
			what := fmt.Sprintf("%s in flight were lost at SIGKILL%s", words.Requests(lost.N), f.inRuns(lost.Runs))
			if w.Evidence.Grace > 0 {
				what += fmt.Sprintf(", when the grace period of %s was over", words.Time(w.Evidence.Grace))
			}
			change := "Raise terminationGracePeriodSeconds above the longest request"
			if longest := f.longestRequest(key); longest > 0 {
				change += fmt.Sprintf(", which took %s", words.Duration(longest))
			}
			if took, has := w.Evidence.Hooks.PreStop(); has && took > 0 {
				change += fmt.Sprintf(", and what the preStop hook takes before SIGTERM, up to %s", words.Time(took))
			}
			all = append(all, result.Finding{What: what + ".", Change: change + "."})
		}
		return all
	})
}

// longestRequest is in seconds, over the Services of a workload; 0 without
// one.
func (f *facts) longestRequest(workload string) float64 {
	longest := 0.0
	for _, key := range slices.Sorted(maps.Keys(f.result.Services)) {
		s := f.result.Services[key]
		if slices.Contains(s.Workloads, workload) && s.Latency.Max.Known() {
			longest = math.Max(longest, float64(s.Latency.Max))
		}
	}
	return longest
}

// findNoEndpoint tells of Services that lost their last ready endpoint.
func findNoEndpoint(f *facts) []result.Finding {
	return f.eachService(func(key string, s *fold.ServiceTotals) []result.Finding {
		later := s.ByCause[slices.Index(record.Causes[:], record.NoEndpoint)] - s.NoEndpointBefore
		if later <= 0 {
			return nil
		}
		what := fmt.Sprintf("%s found no ready endpoint after there had been one", words.Requests(later))
		change := "Raise replicas, and keep enough of them ready through rollouts with maxUnavailable: 0 and through drains with a PodDisruptionBudget."
		for _, w := range s.Workloads {
			declared := f.Totals.Workload(w).Declared
			object := record.ParseKey(w).Object()
			switch {
			case declared.Strategy.Update != nil && declared.Strategy.Update.Type == "Recreate" &&
				f.Totals.Workload(w).Evidence.RolledAway.N > 0:
				what += fmt.Sprintf(": strategy Recreate of %s ends all old pods before it starts new ones", object)
				change = fmt.Sprintf("Give %s the strategy RollingUpdate with maxUnavailable: 0.", object)
			case declared.Replicas == 1:
				what += fmt.Sprintf(": %s has one replica", object)
				change = fmt.Sprintf("Run at least 2 replicas of %s.", object)
			default:
				continue
			}
			break
		}
		return []result.Finding{{What: what + ".", Change: change}}
	})
}

// findNoHost tells of requests to a Service that is not there.
func findNoHost(f *facts) []result.Finding {
	return f.eachService(func(key string, s *fold.ServiceTotals) []result.Finding {
		n := s.ByCause[slices.Index(record.Causes[:], record.NoHost)]
		if n == 0 {
			return nil
		}
		return []result.Finding{{
			What: fmt.Sprintf("%s failed, for there was no such Service: DNS answers that it knows no such host.", words.Requests(n)),
			Change: "Apply the Service before requests are sent to it, and keep it for as long as they are; " +
				"or correct the name that they go to.",
		}}
	})
}

// findTrafficBeforeReady tells of requests at the start of the run.
func findTrafficBeforeReady(f *facts) []result.Finding {
	return f.eachService(func(key string, s *fold.ServiceTotals) []result.Finding {
		if s.NoEndpointBefore == 0 {
			return nil
		}
		if s.NeverReady == f.Totals.Replications {
			return []result.Finding{{
				What:   fmt.Sprintf("%s failed, for it never had a ready endpoint.", words.Requests(s.NoEndpointBefore)),
				Change: "Check that its selector matches pods and that these get Ready.",
			}}
		}
		return []result.Finding{{
			What: fmt.Sprintf("%s failed before the first endpoint was ready, up to %s after the start of the run.",
				words.Requests(s.NoEndpointBefore), words.Time(s.FirstReady)),
			Change: "Begin the traffic later, unless a cold start is what is rehearsed.",
		}}
	})
}

// findOverload tells of requests that met full queues or impatient clients.
func findOverload(f *facts) []result.Finding {
	return f.eachService(func(key string, s *fold.ServiceTotals) []result.Finding {
		full := s.ByCause[slices.Index(record.Causes[:], record.QueueFull)]
		late := s.ByCause[slices.Index(record.Causes[:], record.Timeout)]
		if float64(full+late) < overloaded*float64(s.Ok+s.Failed) || full+late == 0 {
			return nil
		}
		what := fmt.Sprintf("%s met a full queue and %s timed out", words.Requests(full), words.Count(late))
		switch {
		case full == 0:
			what = words.Requests(late) + " timed out"
		case late == 0:
			what = words.Requests(full) + " met a full queue"
		}
		change := "Add replicas, CPU or concurrency for the peak."
		if slices.ContainsFunc(s.Workloads, func(w string) bool { return len(f.Totals.Workload(w).Models) > 0 }) {
			change = "Add replicas or GPUs for the peak, or bound the tokens of a request."
		}
		return []result.Finding{{What: what + ": its pods get more than they serve at times.", Change: change}}
	})
}

// manyRetries is how many attempts after the first a request has on average
// from which on they are a load of their own.
const manyRetries = 0.5

// findRetryStorms tells of Services that get a good part of their load from
// clients that try again.
func findRetryStorms(f *facts) []result.Finding {
	return f.eachService(func(key string, s *fold.ServiceTotals) []result.Finding {
		if s.External || s.Failed == 0 || float64(s.Retries) < manyRetries*float64(s.Arrived) {
			return nil
		}
		return []result.Finding{{
			What: fmt.Sprintf(
				"each request took %s attempts on average, and %s of %s failed all the same: retries make an overload worse and can keep it up when its cause is gone.",
				words.Digits(1+float64(s.Retries)/float64(s.Arrived), 2), words.Count(s.Failed), words.Count(s.Ok+s.Failed)),
			Change: "Let clients try again less often, at only one level of the call chain, with growing waits and jitter, and make each caller's time-out longer than all attempts of the calls it makes.",
		}}
	})
}

// findRefusingExternals tells of what is called outside the cluster and
// refused calls, also when it was asked again.
func findRefusingExternals(f *facts) []result.Finding {
	return f.eachService(func(key string, s *fold.ServiceTotals) []result.Finding {
		if !s.External {
			return nil
		}
		count := func(cause record.Cause) int64 { return s.ByCause[slices.Index(record.Causes[:], cause)] }
		ended := words.Count(s.Ok + s.Failed)
		var all []result.Finding
		if n := count(record.RateLimited); n > 0 {
			all = append(all, result.Finding{
				What: fmt.Sprintf(
					"%s of %s calls failed at its rate limit, for all their retries: more replicas of the callers would not help.",
					words.Count(n), ended),
				Change: "Ask for a higher limit, call less often (cache, batch, a smaller model for simple turns), or let callers queue for it with a limiter of their own in place of retries.",
			})
		}
		if n := count(record.Unavailable); n > 0 {
			all = append(all, result.Finding{
				What:   fmt.Sprintf("%s of %s calls failed in its outages, for all their retries.", words.Count(n), ended),
				Change: "Give the callers a fallback, make the call optional, or let it be repeated later than the outage lasts.",
			})
		}
		return all
	})
}

// wandering is the part of its sessions from which on it is a pattern that they
// come to pods without their state.
const wandering = 0.1

// findWanderingSessions tells of sessions whose requests are spread over pods
// that keep state of them.
func findWanderingSessions(f *facts) []result.Finding {
	return f.eachService(func(key string, s *fold.ServiceTotals) []result.Finding {
		moved := s.Sessions.Lost[slices.Index(record.SessionCauses[:], record.SessionMoved)]
		if moved == 0 || float64(moved) < wandering*float64(s.Sessions.Started) {
			return nil
		}
		return []result.Finding{{
			What: fmt.Sprintf("requests of %s came %s to a pod without the state of their session, which another one kept.",
				words.CountOf(int(s.Sessions.Started), "session"), words.Times(moved)),
			Change: "Set sessionAffinity: ClientIP, let the gateway choose by session (consistent hashing), or keep the state outside the pods.",
		}}
	})
}
