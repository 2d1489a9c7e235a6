package story

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/upstream"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Story is what replication 0 tells one by one: the steps, the Events that kubectl
// would show, and what the autoscalers decided.
type Story struct {
	steps  []result.Step
	events []result.Event
	notes  []result.Note
	hpa    map[string][]result.HPAStep // by namespace/name
	jobs   map[string]record.JobPhase  // phases, by key
}

// Finish puts the story into a result.
func (s *Story) Finish(r *result.Result) {
	r.Steps, r.Events, r.Notes = result.NotNil(s.steps), result.NotNil(s.events), result.NotNil(s.notes)
	r.HPA = map[string][]result.HPAStep{}
	maps.Copy(r.HPA, s.hpa)
}

// podNow tells of a pod by name as it is after the record, and which of its
// containers run.
type podNow func(name string) (pod result.Pod, running []string)

// Tell adds a record in the words of the component that reports it.
func (s *Story) Tell(r record.Record, now podNow) {
	s.tellMore(r)
	switch r := r.(type) {
	case record.Step:
		s.steps = append(s.steps, result.Step{T: r.T, Text: r.Text, Objects: r.Objects, Error: r.Error, Source: r.Source})
	case record.ReplicaSetScaled:
		s.scaled(r)
	case record.Autoscaled:
		s.autoscaled(r)
	case record.Activation:
		s.activated(r)
	case record.PodCreated:
		if creator := creatorOf(r.Owner, r.Revision); creator != "" {
			s.add(r.T, "Normal", "SuccessfulCreate", creator, madePod(creator, "create", r.Pod))
		}
	case record.CreationRefused:
		s.refused(r)
	case record.PodUnschedulable:
		s.add(r.T, "Warning", "FailedScheduling", "Pod "+r.Pod, r.Message)
	case record.PodScheduled:
		s.add(r.T, "Normal", "Scheduled", "Pod "+r.Pod, fmt.Sprintf("Successfully assigned %s to %s", r.Pod, r.Node))
	case record.ImagePulled:
		s.add(r.T, "Normal", "Pulled", "Pod "+r.Pod, pulled(r))
	case record.ContainerStarted:
		s.add(r.T, "Normal", "Started", "Pod "+r.Pod, "Container started")
	case record.ContainerWaiting:
		s.waiting(r)
	case record.ContainerExited:
		s.exited(r)
	case record.ProbeFailed:
		s.add(r.T, "Warning", "Unhealthy", "Pod "+r.Pod, unhealthy(r))
	case record.ContainerKilling:
		s.add(r.T, "Normal", "Killing", "Pod "+r.Pod, r.Message)
	case record.ContainerHook:
		s.hook(r)
	case record.ProcessKilled:
		s.add(r.T, "Warning", "OOMKilled", "Pod "+r.Pod,
			fmt.Sprintf("A process of container %s killed at its memory limit, and the container left: it held %s, limit %s",
				r.Container, words.Bytes(float64(r.Memory)), words.Bytes(float64(r.Limit))))
	case record.PodDeleting:
		pod, _ := now(r.Pod)
		s.deleting(r, pod)
	case record.PodEvicted:
		s.add(r.T, "Warning", "Evicted", "Pod "+r.Pod, r.Message)
	case record.PodFinished:
		if r.Reason == record.NodeShutdown {
			s.add(r.T, "Warning", r.Reason, "Pod "+r.Pod, "Pod was rejected as the node is shutting down.")
		}
	case record.NodeChanged:
		s.nodeChanged(r)
	case record.JobChanged:
		s.jobChanged(r)
	case record.CronJobRun:
		s.cronJobRun(r)
	default:
		s.volumes(r)
		s.devices(r)
	}
}

// nodeChanged tells what the node lifecycle controller and the kubelet report.
// That a machine fails is reported by nobody.
func (s *Story) nodeChanged(r record.NodeChanged) {
	events := map[record.NodePhase][2]string{
		record.NodeAdded:    {"RegisteredNode", "Node {node} event: Registered Node {node} in Controller"},
		record.NodeRemoved:  {"RemovingNode", "Node {node} event: Removing Node {node} from Controller"},
		record.NodeNotReady: {"NodeNotReady", "Node {node} status is now: NodeNotReady"},
		record.NodeReady:    {"NodeReady", "Node {node} status is now: NodeReady"},
		// pkg/kubelet/nodeshutdown/nodeshutdown_manager_linux.go
		record.NodeShuttingDown: {"Shutdown", "Shutdown manager detected shutdown event"},
	}
	if e, known := events[r.Phase]; known {
		s.add(r.T, "Normal", e[0], "Node "+r.Node, strings.ReplaceAll(e[1], "{node}", r.Node))
	}
}

// jobChanged tells what the Job controller reports of a Job as a whole
// (job_controller.go, recordJobFinished).
func (s *Story) jobChanged(r record.JobChanged) {
	object := record.ParseKey(r.Workload).Object()
	if r.Job != "" {
		s.jobOfCronJob(r, object)
		object = "Job " + r.Job
	}
	before := s.jobs[object]
	if s.jobs == nil {
		s.jobs = map[string]record.JobPhase{}
	}
	s.jobs[object] = r.Phase
	switch {
	case r.Phase == before:
	case r.Phase == record.JobHeld:
		s.add(r.T, "Normal", "Suspended", object, "Job suspended")
	case before == record.JobHeld && r.Phase == record.JobRunning:
		s.add(r.T, "Normal", "Resumed", object, "Job resumed")
	case r.Phase == record.JobComplete:
		s.add(r.T, "Normal", "Completed", object, "Job completed")
	case r.Phase == record.JobFailed:
		s.add(r.T, "Warning", r.Reason, object, r.Message)
	}
}

func (s *Story) add(t sim.Time, eventType, reason, object, message string) {
	s.events = append(s.events, result.Event{T: t, Type: eventType, Reason: reason, Object: object, Message: message})
}

func (s *Story) scaled(r record.ReplicaSetScaled) {
	direction := "down"
	if r.To > r.From {
		direction = "up"
	}
	object := record.ParseKey(r.Workload).Object()
	s.add(r.T, "Normal", "ScalingReplicaSet", object,
		fmt.Sprintf("Scaled %s replica set %s from %d to %d", direction, r.ReplicaSet, r.From, r.To))
}

// autoscaled keeps the decisions of the autoscalers. What
// can't be decided is an Event, as the controller tells it.
func (s *Story) autoscaled(r record.Autoscaled) {
	if s.hpa == nil {
		s.hpa = map[string][]result.HPAStep{}
	}
	reason := r.Reason
	if r.Message != "" {
		reason += ": " + r.Message
	}
	s.hpa[r.HPA] = append(s.hpa[r.HPA], result.HPAStep{T: r.T, Current: r.Current, Desired: r.Desired,
		Recommended: r.Recommended, Stabilized: r.Stabilized, Reason: reason, Limit: r.Limit, Metrics: r.Metrics})
	switch object := "HorizontalPodAutoscaler " + r.HPA; {
	case r.Rescaled:
		s.add(r.T, "Normal", "SuccessfulRescale", object, fmt.Sprintf("New size: %d; reason: %s", r.Desired, r.Reason))
	case r.Reason == upstream.FailedGetScale:
		s.add(r.T, "Warning", upstream.FailedGetScale, object, upstream.AfterLast(r.Message, upstream.TargetGone))
	case r.Message != "":
		s.add(r.T, "Warning", "FailedComputeMetricsReplicas", object, r.Message)
	}
}

func (s *Story) waiting(r record.ContainerWaiting) {
	switch r.Reason {
	case "CrashLoopBackOff":
		name := record.ShortName(r.Pod)
		s.add(r.T, "Warning", "BackOff", "Pod "+r.Pod,
			fmt.Sprintf("Back-off restarting failed container %s in pod %s", r.Container, name))
	case "ErrImagePull", "ImagePullBackOff":
		s.add(r.T, "Warning", "Failed", "Pod "+r.Pod, "Error: "+r.Reason+": "+r.Message)
	case "CreateContainerConfigError":
		s.add(r.T, "Warning", "Failed", "Pod "+r.Pod, "Error: "+r.Message)
	}
}

func (s *Story) exited(r record.ContainerExited) {
	switch r.Cause {
	case record.OutOfMemory:
		s.add(r.T, "Warning", "OOMKilled", "Pod "+r.Pod,
			fmt.Sprintf("Container %s killed at its memory limit: working set %s, limit %s", r.Container,
				words.Bytes(float64(r.Memory)), words.Bytes(float64(r.Limit))))
	case record.PodOutOfMemory:
		s.add(r.T, "Warning", "OOMKilled", "Pod "+r.Pod,
			fmt.Sprintf(
				"Container %s killed because the pod's containers together reached its memory limit of %s: working set %s",
				r.Container, words.Bytes(float64(r.Limit)), words.Bytes(float64(r.Memory))))
	case record.NodeOutOfMemory:
		s.add(r.T, "Warning", "OOMKilled", "Pod "+r.Pod,
			fmt.Sprintf("Container %s killed because the node ran out of memory: working set %s", r.Container,
				words.Bytes(float64(r.Memory))))
	case record.GPUOutOfMemory:
		s.add(r.T, "Warning", r.Reason, "Pod "+r.Pod, fmt.Sprintf("Container %s exited with code %d: %s", r.Container,
			r.ExitCode, r.Message))
	case record.ExitedByItself:
		eventType := "Normal"
		if r.ExitCode != 0 {
			eventType = "Warning"
		}
		s.add(r.T, eventType, r.Reason, "Pod "+r.Pod, fmt.Sprintf("Container %s exited with code %d", r.Container,
			r.ExitCode))
	}
}

// hook tells of the end of a lifecycle hook: of its failure in the kubelet's words
// (kuberuntime_container.go), else how long it took.
func (s *Story) hook(r record.ContainerHook) {
	name := words.Capital(r.Hook) + "Hook"
	switch {
	case r.Failed:
		s.add(r.T, "Warning", "Failed"+name, "Pod "+r.Pod, name+" failed")
	case r.Cut:
		s.add(r.T, "Warning", name, "Pod "+r.Pod,
			fmt.Sprintf("The %s hook of container %s had not ended with the grace period, after %s",
				r.Hook, r.Container, words.Time(r.Took)))
	case r.Took > 0:
		s.add(r.T, "Normal", name, "Pod "+r.Pod, fmt.Sprintf("The %s hook of container %s took %s", r.Hook, r.Container,
			words.Time(r.Took)))
	}
}

func preemptedBy(who string) string {
	if who == "" {
		return "Preempted by a pod of higher priority"
	}
	return "Preempted by " + who + ","
}

// byController are the reasons for which a controller deletes its own pods.
var byController = map[record.Deletion]bool{
	record.ScaledDown: true, record.RolledOut: true, record.EndedBefore: true, record.JobSuspended: true,
	record.JobOver: true,
}

// madePod is what a controller tells about a pod that it created or deleted
// (controller_utils.go; statefulset/stateful_pod_control.go, recordPodEvent).
func madePod(creator, verb, pod string) string {
	name := record.ShortName(pod)
	if set, is := strings.CutPrefix(creator, "StatefulSet "); is {
		set = record.ShortName(set)
		return fmt.Sprintf("%s Pod %s in StatefulSet %s successful", verb, name, set)
	}
	return words.Capital(verb) + "d pod: " + name
}

// deleting tells who deletes a pod and that its containers get SIGTERM.
func (s *Story) deleting(r record.PodDeleting, p result.Pod) {
	if creator := creatorOf(p.Owner, p.Revision); creator != "" && byController[r.Reason] {
		s.add(r.T, "Normal", "SuccessfulDelete", creator, madePod(creator, "delete", r.Pod))
	}
	if r.Reason == record.Evicted {
		s.add(r.T, "Normal", "Evicted", "Pod "+r.Pod, "Evicted by the eviction API from node "+p.Node)
	}
	if r.Reason == record.Tainted {
		s.add(r.T, "Normal", "TaintManagerEviction", "Pod "+r.Pod, "Marking for deletion Pod "+r.Pod)
	}
	if r.Reason == record.Preempted {
		s.add(r.T, "Normal", "Preempted", "Pod "+r.Pod, preemptedBy(r.By)+" on node "+p.Node)
	}
}

// unhealthy is what the prober reports: each failure, counted as in kubectl
// describe.
func unhealthy(r record.ProbeFailed) string {
	text := fmt.Sprintf("%s probe failed: %s", words.Capital(r.Probe), r.Message)
	if r.Failures > 1 {
		text += fmt.Sprintf(" (x%d)", r.Failures)
	}
	return text
}

func pulled(r record.ImagePulled) string {
	took := time.Duration(r.Took).Truncate(time.Millisecond)
	waited := time.Duration(r.Took + r.Wait).Truncate(time.Millisecond)
	return fmt.Sprintf("Successfully pulled image %q in %v (%v including waiting). Image size: %d bytes.", r.Image, took,
		waited, r.Bytes)
}

// creatorOf is the controller that creates the pods of a workload: for a
// Deployment its ReplicaSet, for a CronJob its Job; nothing for a bare Pod.
func creatorOf(owner, revision string) string {
	switch k := record.ParseKey(owner); {
	case k.Kind == "Pod":
		return ""
	case k.Kind == "CronJob" && revision != "":
		return "Job " + k.NamespacedName() + "-" + revision
	case k.Kind == "Deployment" && revision != "":
		return "ReplicaSet " + k.NamespacedName() + "-" + revision
	default:
		return k.Object()
	}
}
