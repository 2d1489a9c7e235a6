package job

import (
	"fmt"
	"slices"
	"strconv"

	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/storage/names"
	"k8s.io/kubernetes/pkg/controller"
)

var controllerKind = batch.SchemeGroupVersion.WithKind("Job")

const completionIndexEnvName = "JOB_COMPLETION_INDEX"

// newPod is the pod of a completion index, or of none, as the controller sends
// it (job_controller.go, manageJob).
func (c *syncCtx) newPod(index int) *v1.Pod {
	job := c.job
	template := job.Spec.Template.DeepCopy()
	if isIndexedJob(job) {
		addCompletionIndexEnvVariables(template)
	}
	if !slices.Contains(template.Finalizers, batch.JobTrackingFinalizer) {
		template.Finalizers = append(template.Finalizers, batch.JobTrackingFinalizer)
	}
	generateName := ""
	if index != unknownCompletionIndex {
		text := strconv.Itoa(index)
		metav1.SetMetaDataAnnotation(&template.ObjectMeta, batch.JobCompletionIndexAnnotation, text)
		metav1.SetMetaDataLabel(&template.ObjectMeta, batch.JobCompletionIndexAnnotation, text)
		template.Spec.Hostname = fmt.Sprintf("%s-%d", job.Name, index)
		generateName = podGenerateNameWithIndex(job.Name, index)
		if job.Spec.BackoffLimitPerIndex != nil {
			c.addIndexFailureCountAnnotation(template, c.podsWithDelayedDeletionPerIndex[index])
		}
	}
	pod, err := controller.GetPodFromTemplate(template, job, metav1.NewControllerRef(job, controllerKind))
	if err != nil {
		panic(fmt.Sprintf("a Job without metadata: %v", err))
	}
	pod.Namespace = job.Namespace
	if generateName != "" {
		pod.GenerateName = generateName
	}
	return pod
}

func addCompletionIndexEnvVariables(template *v1.PodTemplateSpec) {
	for _, list := range [...][]v1.Container{template.Spec.InitContainers, template.Spec.Containers} {
		for i := range list {
			c := &list[i]
			if slices.ContainsFunc(c.Env, func(e v1.EnvVar) bool { return e.Name == completionIndexEnvName }) {
				continue
			}
			c.Env = append(c.Env, v1.EnvVar{Name: completionIndexEnvName, ValueFrom: &v1.EnvVarSource{
				FieldRef: &v1.ObjectFieldSelector{
					FieldPath: fmt.Sprintf("metadata.labels['%s']", batch.JobCompletionIndexAnnotation)},
			}})
		}
	}
}

// podGenerateNameWithIndex leaves room for the five characters of the API
// server.
func podGenerateNameWithIndex(jobName string, index int) string {
	suffix := "-" + strconv.Itoa(index) + "-"
	if len(jobName+suffix) > names.MaxGeneratedNameLength {
		return jobName[:names.MaxGeneratedNameLength-len(suffix)] + suffix
	}
	return jobName + suffix
}

// addIndexFailureCountAnnotation lets a pod know how many of its index failed
// before it.
func (c *syncCtx) addIndexFailureCountAnnotation(template *v1.PodTemplateSpec, replaced *v1.Pod) {
	failures, ignored := int32(0), int32(0)
	if replaced != nil {
		failures, ignored = indexFailureCount(replaced), indexIgnoredFailureCount(replaced)
		if _, countFailed, _ := matchPodFailurePolicy(c.job.Spec.PodFailurePolicy, replaced); countFailed {
			failures++
		} else {
			ignored++
		}
	}
	template.Annotations[batch.JobIndexFailureCountAnnotation] = strconv.Itoa(int(failures))
	if ignored > 0 {
		template.Annotations[batch.JobIndexIgnoredFailureCountAnnotation] = strconv.Itoa(int(ignored))
	}
}

func hasJobTrackingFinalizer(pod *v1.Pod) bool {
	return slices.Contains(pod.Finalizers, batch.JobTrackingFinalizer)
}
