package cronjob

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

// api is what the API server has.
type api struct {
	cronJob *batch.CronJob // nil when it is deleted
	jobs    []*batch.Job
	serial  int
	stingy  bool // it refuses new Jobs
	ending  bool // the namespace is being deleted
	now     func() time.Time
}

func (a *api) clone() *api {
	c := *a
	c.jobs = slices.Clone(a.jobs)
	return &c
}

func (a *api) job(name string) *batch.Job {
	for _, j := range a.jobs {
		if j.Name == name {
			return j
		}
	}
	return nil
}

func (a *api) version() string {
	a.serial++
	return fmt.Sprint(a.serial)
}

// create takes a Job, or says why not.
func (a *api) create(sent *batch.Job) (*batch.Job, error) {
	switch {
	case a.ending:
		err := apierrors.NewForbidden(batch.Resource("jobs"), sent.Name, fmt.Errorf("the namespace is being terminated"))
		err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes,
			metav1.StatusCause{Type: v1.NamespaceTerminatingCause})
		return nil, err
	case a.job(sent.Name) != nil:
		return nil, apierrors.NewAlreadyExists(batch.Resource("jobs"), sent.Name)
	case a.stingy:
		return nil, apierrors.NewForbidden(batch.Resource("jobs"), sent.Name, fmt.Errorf("exceeded quota: team"))
	}
	job := sent.DeepCopy()
	job.Namespace, job.ResourceVersion = "default", a.version()
	job.UID = types.UID("job-" + job.ResourceVersion)
	job.CreationTimestamp = metav1.NewTime(a.now().Truncate(time.Second))
	a.jobs = append(a.jobs, job)
	return job, nil
}

func (a *api) delete(name string) bool {
	i := slices.IndexFunc(a.jobs, func(j *batch.Job) bool { return j.Name == name })
	if i < 0 {
		return false
	}
	a.jobs = slices.Delete(slices.Clone(a.jobs), i, i+1)
	return true
}

func (a *api) writeStatus(sent *batch.CronJob) error {
	switch {
	case a.cronJob == nil:
		return notFound("cronjobs", sent.Name)
	case a.cronJob.ResourceVersion != sent.ResourceVersion:
		return apierrors.NewConflict(batch.Resource("cronjobs"), sent.Name, fmt.Errorf("the object has been modified"))
	}
	next := a.cronJob.DeepCopy()
	next.Status, next.ResourceVersion = *sent.Status.DeepCopy(), a.version()
	a.cronJob = next
	return nil
}

func notFound(resource, name string) error {
	return apierrors.NewNotFound(batch.Resource(resource), name)
}

// story is a random CronJob with the lives of its Jobs, and what the controller
// sees of them.
type story struct {
	*rand.Rand
	api     *api
	cronJob *batch.CronJob // as the cache has it
	jobs    []*batch.Job
}

var schedules = []string{
	"* * * * *", "*/5 * * * *", "*/5 * * * *", "0 * * * *", "0 3 * * *", "30 6-16/4 * * 1-5", "@hourly", "@every 90s",
	"@every 37m", "15,45 2 * * 0",
	"0 0 29 2 *", "59 23 31 2 *", "TZ=Asia/Kolkata 0 3 * * *", "TZ=0", "61 * * * *", "",
}

var zones = []*string{nil, nil, ptr.To("America/New_York"), ptr.To("Asia/Kolkata"), ptr.To("UTC"),
	ptr.To("Nowhere/Land")}

func newStory(seed uint64, now func() time.Time) *story {
	s := &story{Rand: rand.New(rand.NewPCG(seed, 23)), api: &api{now: now}}
	cj := &batch.CronJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "nightly", UID: "cron", ResourceVersion: "0", Generation: 1,
			CreationTimestamp: metav1.NewTime(now().Truncate(time.Second))},
		Spec: batch.CronJobSpec{Suspend: ptr.To(false), ConcurrencyPolicy: batch.AllowConcurrent,
			JobTemplate: batch.JobTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "batch"}, Annotations: map[string]string{
					"team": "a"}},
				Spec: batch.JobSpec{Completions: ptr.To[int32](2)},
			}},
	}
	for range 6 {
		s.change(&cj.Spec)
	}
	s.api.cronJob, s.cronJob = cj, cj
	return s
}

func pick[T any](s *story, of ...T) T { return of[s.IntN(len(of))] }

// change is what somebody does to the spec.
func (s *story) change(spec *batch.CronJobSpec) {
	switch s.IntN(7) {
	case 0, 1:
		spec.Schedule = pick(s, schedules[:11+5*s.IntN(2)]...)
	case 2:
		spec.TimeZone = pick(s, zones...)
	case 3:
		spec.ConcurrencyPolicy = pick(s, batch.AllowConcurrent, batch.ForbidConcurrent, batch.ReplaceConcurrent)
	case 4:
		spec.StartingDeadlineSeconds = pick(s, nil, nil, ptr.To[int64](0), ptr.To[int64](10), ptr.To[int64](200),
			ptr.To[int64](100_000))
	case 5:
		spec.SuccessfulJobsHistoryLimit = pick(s, nil, ptr.To[int32](0), ptr.To[int32](1), ptr.To[int32](3))
		spec.FailedJobsHistoryLimit = pick(s, nil, ptr.To[int32](0), ptr.To[int32](1))
	default:
		spec.Suspend = ptr.To(s.IntN(5) == 0)
	}
}

// turn is what happens before a sync: to the Jobs, to the CronJob, and what of it
// reaches the caches.
func (s *story) turn() (before *batch.CronJob) {
	s.api.stingy, s.api.ending = s.IntN(12) == 0, s.IntN(60) == 0
	for _, j := range slices.Clone(s.api.jobs) {
		s.live(j)
	}
	if s.IntN(4) == 0 {
		s.write(func(cj *batch.CronJob) { s.change(&cj.Spec) })
	}
	if s.IntN(80) == 0 {
		s.write(func(cj *batch.CronJob) { cj.DeletionTimestamp = ptr.To(metav1.NewTime(s.api.now())) })
	}
	if s.IntN(15) == 0 {
		s.stranger()
	}
	before = s.cronJob
	if s.IntN(5) > 0 && s.api.cronJob != nil {
		s.cronJob = s.api.cronJob
	}
	if s.IntN(5) > 0 {
		s.jobs = slices.DeleteFunc(slices.Clone(s.api.jobs),
			func(j *batch.Job) bool { return !metav1.IsControlledBy(j, s.cronJob) })
		s.Shuffle(len(s.jobs), func(i, k int) { s.jobs[i], s.jobs[k] = s.jobs[k], s.jobs[i] })
	}
	if s.IntN(300) == 0 {
		s.api.cronJob = nil
	}
	return before
}

func (s *story) write(change func(*batch.CronJob)) {
	if s.api.cronJob == nil {
		return
	}
	next := s.api.cronJob.DeepCopy()
	change(next)
	next.ResourceVersion = s.api.version()
	s.api.cronJob = next
}

// live is a step of a Job's life.
func (s *story) live(j *batch.Job) {
	if s.IntN(25) == 0 {
		s.api.delete(j.Name)
		return
	}
	now := ptr.To(metav1.NewTime(s.api.now().Truncate(time.Second)))
	next := j.DeepCopy()
	switch {
	case j.Status.StartTime == nil && s.IntN(6) > 0:
		next.Status.StartTime = now
	case len(j.Status.Conditions) == 0 && s.IntN(3) == 0:
		kind := batch.JobFailed
		if s.IntN(3) > 0 {
			kind = batch.JobComplete
			if s.IntN(10) > 0 {
				next.Status.CompletionTime = now
			}
		}
		next.Status.Conditions = []batch.JobCondition{{Type: kind, Status: v1.ConditionTrue}}
	default:
		return
	}
	next.ResourceVersion = s.api.version()
	s.api.jobs[slices.Index(s.api.jobs, j)] = next
}

// stranger is a Job that somebody else makes: of the CronJob, or with a name that
// one of its Jobs is going to have.
func (s *story) stranger() {
	job := &batch.Job{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("by-hand-", s.api.serial)}}
	if s.IntN(2) == 0 {
		job.Name = getJobName(s.cronJob, s.api.now().Truncate(5*time.Minute).Add(5*time.Minute))
	}
	if s.IntN(2) == 0 {
		job.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(s.cronJob, kind)}
	}
	_, _ = s.api.create(job) // the name may be taken
}

// view is what the controller sees before its sync.
func (s *story) view() View {
	stored := s.api.clone()
	return View{
		CronJob: s.cronJob, Jobs: s.jobs, StoredCronJob: stored.cronJob,
		StoredJob: func(_, name string) *batch.Job { return stored.job(name) },
	}
}

// pass is how long it takes until the next sync: often to a scheduled time.
func (s *story) pass() time.Duration {
	if schedule := Schedule(s.cronJob); schedule != nil && s.IntN(3) > 0 {
		if next := schedule.Next(s.api.now()).Sub(s.api.now()); next > 0 && next < 100*24*time.Hour {
			return next + pick(s, 0, nextScheduleDelta, nextScheduleDelta, 12*time.Second)
		}
	}
	return pick(s, 3*time.Millisecond, time.Second, 17*time.Second, 4*time.Minute, 3*time.Hour, 30*time.Hour,
		400*time.Hour)
}
