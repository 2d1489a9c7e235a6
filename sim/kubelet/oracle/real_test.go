//go:build kubeletoracle

package oracle

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	v1 "k8s.io/api/core/v1"
	k8sruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/record"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/kubelet/events"
)

// before is how long the kubelet runs when the story begins: the workers of probes begin
// at a random moment when it has started a short time ago.
const before = time.Minute

// wave are stories that one kubelet lives at the same time.
type wave []*story

// real lives the stories in a kubelet. Of the goroutines of a kubelet some never end, and
// with them their bubble: it is left, standing still, for its test waits for what is not
// of the bubble.
func (w wave) real(t *testing.T, folder string) [][]told {
	out := make([]telling, len(w))
	done, never := make(chan struct{}), make(chan struct{})
	go synctest.Test(t, func(t *testing.T) {
		w.live(t.Context(), folder, out)
		close(done)
		<-never
	})
	<-done
	result := make([][]told, len(w))
	for i := range out {
		result[i] = out[i].tidy(w[i].until)
	}
	return result
}

// live is the life of a kubelet in its bubble.
func (w wave) live(ctx context.Context, folder string, out []telling) {
	begin := time.Now().Add(before)
	stories, numbers := map[string]*story{}, map[string]int{}
	for i, s := range w {
		stories[s.pod.Name], numbers[s.pod.Name] = s, i
	}
	say := func(pod, format string, arguments ...any) {
		out[numbers[pod]].say(time.Since(begin), format, arguments...)
	}
	r := newRuntime(stories, say)
	server := newServer(func(p *v1.Pod) { say(p.Name, "%s%s", statusPrefix, statusOf(&p.Status)) },
		func(pod string) { say(pod, "gone") })
	k, err := build(ctx, folder, r, server, &recorder{say: say}, w[0].jitter())
	if err != nil {
		panic(err)
	}
	time.Sleep(time.Until(begin.Add(-batchPhase)))
	k.status.Start(ctx)
	time.Sleep(batchPhase)
	k.pleg.Start(ctx)
	time.AfterFunc(loopPhase, func() { syncLoop(k.Kubelet, ctx, server.updates, k.Kubelet) })
	for _, s := range w {
		time.AfterFunc(s.at, func() { server.create(s.pod) })
		if s.deletion > 0 {
			time.AfterFunc(s.deletion, func() { server.delete(s.pod.Name, s.grace) })
		}
	}
	time.Sleep(longest * time.Millisecond)
}

// loopPhase is how long after the relists the kubelet's loop looks into its work queue.
const loopPhase = 500 * time.Millisecond

// batchPhase is how long before a relist the status manager tells all that it has not told
// yet, every 10 s, which the model leaves out.
const batchPhase = 250 * time.Millisecond

// statusOf is what a status says, as far as the model tells it.
func statusOf(s *v1.PodStatus) string {
	conditions := map[v1.PodConditionType]bool{}
	for _, c := range s.Conditions {
		conditions[c.Type] = c.Status == v1.ConditionTrue
	}
	text := &strings.Builder{}
	fmt.Fprintf(text, "%s ready=%t initialized=%t", s.Phase, conditions[v1.PodReady], conditions[v1.PodInitialized])
	for _, list := range [][]v1.ContainerStatus{s.InitContainerStatuses, s.ContainerStatuses} {
		for i := range list {
			c := &list[i]
			state := "none"
			ended := c.State.Terminated
			if ended == nil || ended.Reason == "ContainerStatusUnknown" { // TerminatePod, of what waits
				ended = c.LastTerminationState.Terminated
			}
			switch {
			case c.State.Running != nil:
				state = fmt.Sprintf("runs since %s", c.State.Running.StartedAt.UTC().Format(time.TimeOnly))
			case ended != nil:
				state = fmt.Sprintf("ended %d %s at %s", ended.ExitCode, ended.Reason, ended.FinishedAt.UTC().Format(time.TimeOnly))
			}
			fmt.Fprintf(text, "; %s %d %s", c.Name, c.RestartCount, state)
			if c.Ready {
				text.WriteString(" ready")
			}
			if c.Started != nil && *c.Started {
				text.WriteString(" started")
			}
		}
	}
	return text.String()
}

// recorder hears what the kubelet says of containers that it stops.
type recorder struct {
	record.FakeRecorder
	say func(pod, format string, arguments ...any)
}

func (r *recorder) WithLogger(klog.Logger) record.EventRecorderLogger { return r }

func (r *recorder) Eventf(o k8sruntime.Object, _, reason, format string, arguments ...any) {
	if reason == events.KillingContainer {
		r.say(o.(*v1.ObjectReference).Name, "kills: "+format, arguments...)
	}
}

func (r *recorder) AnnotatedEventf(o k8sruntime.Object, _ map[string]string, kind, reason, format string,
	arguments ...any) {
	r.Eventf(o, kind, reason, format, arguments...)
}

func (r *recorder) Event(o k8sruntime.Object, kind, reason, message string) {
	r.Eventf(o, kind, reason, "%s", message)
}
