package truth

import (
	"strings"

	v1 "k8s.io/api/core/v1"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Simulation gathers replication 0 of a run in the form of a recording. The zero
// value is ready; records come in the order of the stream.
type Simulation struct {
	timeline Timeline
	numbers  revisions
	lives    map[string]int // of a ReplicaSet, by workload and pod-template-hash
	pods     map[string]Entry
	desired  map[string]int32
	ended    map[string]bool // Jobs
	deleting map[string]bool // pods
}

// Add takes in one record. It never fails; the error makes it a function to
// emit records to.
func (s *Simulation) Add(r record.Record) error {
	placed, is := r.(interface{ When() record.At })
	if !is || placed.When().Replication != 0 {
		return nil
	}
	if s.numbers == nil {
		s.numbers, s.lives, s.pods, s.desired = revisions{}, map[string]int{}, map[string]Entry{}, map[string]int32{}
		s.ended, s.deleting = map[string]bool{}, map[string]bool{}
	}
	at := placed.When().T
	switch r := r.(type) {
	case record.Step:
		s.put(Entry{T: at, Kind: Step, Text: r.Text})
	case record.Scaled:
		if r.From != r.To && !strings.Contains(r.Workload, "/DaemonSet/") { // which has no spec.replicas
			s.put(Entry{T: at, Kind: Replicas, Object: r.Workload, From: r.From, To: r.To})
		}
	case record.JobChanged:
		if end, is := ends[r.Phase]; is && !s.ended[r.Workload+r.Job] {
			s.ended[r.Workload+r.Job] = true
			e := Entry{T: at, Kind: Ended, Object: r.Workload, Text: end}
			if r.Job != "" {
				e.Revision = s.jobOf(r.Workload, r.Job)
			}
			s.put(e)
		}
	case record.Rollout:
		if reason, is := reasons[r.Phase]; is && strings.Contains(r.Workload, "/Deployment/") {
			s.put(Entry{T: at, Kind: Progress, Object: r.Workload, Text: reason})
		}
	case record.NodeChanged:
		if text, is := readiness[r.Phase]; is {
			s.put(Entry{T: at, Kind: Node, Object: "Node/" + r.Node, Text: text})
		}
	case record.Availability:
		text := string(v1.ConditionFalse)
		if r.Available {
			text = string(v1.ConditionTrue)
		}
		s.put(Entry{T: at, Kind: Available, Object: r.Workload, Text: text})
	case record.NodeTainted:
		s.put(Entry{T: at, Kind: Taints, Object: "Node/" + r.Node, Text: taintsText(r.Taints)})
	case record.Endpoints:
		namespace, name, _ := strings.Cut(r.Service, "/")
		s.put(Entry{T: at, Kind: Endpoints, Object: identity{namespace, name}.key("Service"), From: int32(r.From),
			To: int32(r.To)})
	case record.CronJobRun:
		if r.Phase == record.CronStarted {
			s.jobOf(r.Workload, r.Job)
		}
	case record.Autoscaled:
		s.autoscaled(at, r)
	case record.ReplicaSetScaled:
		if r.Created {
			s.lives[r.Workload+" "+r.Revision]++
		}
		s.put(Entry{T: at, Kind: Scaled, Object: r.Workload, Revision: s.revision(r.Workload, r.Revision), From: r.From,
			To: r.To})
	case record.PodCreated:
		e := Entry{Object: r.Owner, Pod: nameOf(r.Pod)}
		if r.Revision != "" {
			e.Revision = s.revision(r.Owner, r.Revision)
		}
		s.pods[r.Pod] = e
		delete(s.deleting, r.Pod)
		s.pod(at, Created, r.Pod, "")
	case record.PodScheduled:
		s.pod(at, Bound, r.Pod, r.Node)
	case record.PodReady:
		if r.Ready {
			s.pod(at, Ready, r.Pod, "")
		} else if !s.deleting[r.Pod] {
			s.pod(at, Unready, r.Pod, "")
		}
	case record.PodDeleting:
		s.deleting[r.Pod] = true
		s.pod(at, Deleting, r.Pod, "")
	case record.PodGone:
		s.pod(at, Gone, r.Pod, "")
	}
	return nil
}

// ends are the conditions of a Job that has ended, by the phase in records.
var ends = map[record.JobPhase]string{record.JobComplete: "Complete", record.JobFailed: "Failed"}

// reasons are those of a Deployment's condition Progressing, by the phase in records.
var reasons = map[record.RolloutPhase]string{
	record.RolloutComplete: deploymentutil.NewRSAvailableReason, record.RolloutStalled: deploymentutil.TimedOutReason,
}

// readiness is the condition Ready of a node, by the phase in records.
var readiness = map[record.NodePhase]string{record.NodeReady: "Ready", record.NodeNotReady: "NotReady"}

func (s *Simulation) put(e Entry) { s.timeline.Entries = append(s.timeline.Entries, e) }

func (s *Simulation) pod(at sim.Time, k Kind, pod, node string) {
	e := s.pods[pod]
	e.T, e.Kind, e.Node = at, k, node
	s.put(e)
}

func (s *Simulation) autoscaled(at sim.Time, r record.Autoscaled) {
	if r.Message != "" {
		return // a sync that failed leaves status.desiredReplicas as it is
	}
	if before := s.desired[r.HPA]; r.Desired != before {
		namespace, name, _ := strings.Cut(r.HPA, "/")
		s.put(Entry{T: at, Kind: Desired, Object: namespace + "/HorizontalPodAutoscaler/" + name, From: before,
			To: r.Desired})
		s.desired[r.HPA] = r.Desired
	}
}

// revision numbers a ReplicaSet; one that was deleted and made again with the
// same template is another one.
func (s *Simulation) revision(workload, hash string) int {
	k := workload + " " + hash
	return s.numbers.of(workload, hash+strings.Repeat("+", max(s.lives[k]-1, 0)))
}

// jobOf numbers a Job of a CronJob, by what its name has more than the CronJob's.
func (s *Simulation) jobOf(workload, job string) int {
	_, name, _ := strings.Cut(workload, "/CronJob/")
	return s.revision(workload, strings.TrimPrefix(nameOf(job), name+"-"))
}

func nameOf(pod string) string {
	_, name, _ := strings.Cut(pod, "/")
	return name
}

// Timeline is what was gathered.
func (s *Simulation) Timeline() *Timeline {
	s.timeline.sort()
	return &s.timeline
}
