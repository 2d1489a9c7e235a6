package oracle

import (
	"math/rand/v2"
	"slices"
	"time"

	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
)

// scenarioStart is time 0 of a scenario on the clock of a bubble.
var scenarioStart = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(warmUp)

// cronJob adds a CronJob to some scenarios. It draws from a stream of its own, so
// that it leaves the rest of the scenario as it is.
func (r *scenarios) cronJob(seed uint64) {
	r.Rand = rand.New(rand.NewPCG(seed, 11))
	if !r.some(5, "CronJob") {
		return
	}
	const name = "c"
	cj := r.cronJobOf(name, func(s *batch.CronJobSpec) {
		s.Schedule = pick(r, "* * * * *", "* * * * *", "*/2 * * * *", "@every 90s")
		s.ConcurrencyPolicy = pick(r, batch.AllowConcurrent, batch.ForbidConcurrent, batch.ReplaceConcurrent)
		s.SuccessfulJobsHistoryLimit, s.FailedJobsHistoryLimit = pick(r, nil, ptr.To[int32](0), ptr.To[int32](1)),
			pick(r, nil, ptr.To[int32](0))
		s.JobTemplate.Spec.Completions, s.JobTemplate.Spec.Parallelism = ptr.To(1+r.Int32N(2)), ptr.To(1+r.Int32N(2))
		s.JobTemplate.Spec.BackoffLimit = ptr.To(r.Int32N(2))
		if r.one(3) {
			s.TimeZone = ptr.To("Asia/Kolkata")
		}
		if r.one(3) {
			s.StartingDeadlineSeconds = ptr.To(pick[int64](r, 15, 40))
		}
		if r.one(3) {
			s.JobTemplate.Spec.TTLSecondsAfterFinished = ptr.To(r.Int32N(40))
		}
	})
	b := kubelet.Behaviour{OnTerminate: kubelet.Exit, Runs: distribution.Uniform{Min: 10, Max: pick(r, 30.0, 120)}}
	if r.one(3) {
		b.ExitCode, b.FailureRate = 1, 0.3
	}
	r.spec.Workloads = append(r.spec.Workloads, cluster.Workload{Kind: "CronJob", Name: name, Container: mainContainer,
		Behaviour: b})
	r.at = 0
	r.add(cj)
	r.changeCronJob(cj)
	r.spec.Duration += 2 * time.Minute
}

// changeCronJob draws what is done to it.
func (r *scenarios) changeCronJob(cj *batch.CronJob) {
	at := 70*time.Second + time.Duration(r.IntN(120_000))*time.Millisecond
	step := func(change func(*batch.CronJobSpec)) {
		cj = cj.DeepCopy()
		change(&cj.Spec)
		r.spec.Timeline = append(r.spec.Timeline,
			cluster.Step{At: sim.Time(at), Action: cluster.Apply{Objects: []runtime.Object{cj}}})
		at += time.Duration(10_000+r.IntN(110_000)) * time.Millisecond
	}
	switch r.IntN(6) {
	case 0, 1:
		step(func(s *batch.CronJobSpec) { s.Suspend = ptr.To(true) })
		step(func(s *batch.CronJobSpec) { s.Suspend = ptr.To(false) })
	case 2:
		step(func(s *batch.CronJobSpec) { s.Schedule = "*/3 * * * *" })
	case 3:
		step(func(s *batch.CronJobSpec) { s.ConcurrencyPolicy = batch.ForbidConcurrent })
	case 4:
		r.spec.Timeline = append(r.spec.Timeline,
			cluster.Step{At: sim.Time(at), Action: cluster.Delete{Target: workload{kind: "CronJob", name: cj.Name}.ref()}})
	}
	slices.SortStableFunc(r.spec.Timeline, func(a, b cluster.Step) int { return int(a.At/1e6 - b.At/1e6) })
	r.spec.Duration = max(r.spec.Duration, at.Truncate(time.Second))
}

// cronJobOf is a CronJob of small pods that are due every minute.
func (r *scenarios) cronJobOf(name string, change func(*batch.CronJobSpec)) *batch.CronJob {
	requests := v1.ResourceList{v1.ResourceCPU: resource.MustParse("10m")}
	cj := &batch.CronJob{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}, Spec: batch.CronJobSpec{
		Schedule: "* * * * *",
		JobTemplate: batch.JobTemplateSpec{Spec: batch.JobSpec{Template: v1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": name}},
			Spec: v1.PodSpec{RestartPolicy: v1.RestartPolicyNever, Containers: []v1.Container{{
				Name: mainContainer, Image: "batch:v1", Resources: v1.ResourceRequirements{Requests: requests},
				Lifecycle: &v1.Lifecycle{PreStop: &v1.LifecycleHandler{Sleep: &v1.SleepAction{Seconds: 3}}},
			}}},
		}}},
	}}
	change(&cj.Spec)
	return cj
}
