package kinds

import (
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	policyv1 "k8s.io/api/policy/v1"
	resourcev1 "k8s.io/api/resource/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kubernetes/pkg/controller/daemon/util"
)

// Pod and Node are the two kinds that every part of a cluster knows by name.
const (
	Pod  = "Pod"
	Node = "Node"
)

var builtin = NewTable(
	Kind{GroupVersionKind: core(Node), Resource: v1.Resource("nodes"), Short: "no", Zero: &v1.Node{}, ClusterScoped: true,
		Recorded: true, Stays: true},
	Kind{GroupVersionKind: core(Pod), Resource: v1.Resource("pods"), Short: "po", Zero: &v1.Pod{}, Recorded: true},
	Kind{
		GroupVersionKind: apps("Deployment"), Resource: appsv1.Resource("deployments"), Short: "deploy",
		Zero:     &appsv1.Deployment{},
		Recorded: true,
		Makes:    []string{"ReplicaSet", Pod},
		Template: func(o Object) *v1.PodTemplateSpec { return &o.(*appsv1.Deployment).Spec.Template },
		Scale: &Scale{
			Replicas: func(o Object) **int32 { return &o.(*appsv1.Deployment).Spec.Replicas },
			Current:  func(o Object) int32 { return o.(*appsv1.Deployment).Status.Replicas },
		},
		Selector: func(o Object) *metav1.LabelSelector { return o.(*appsv1.Deployment).Spec.Selector },
		Verbs:    Verbs{Scale: true, SetTemplate: true, Rollout: true, Pause: true},
	},
	Kind{
		GroupVersionKind: apps("ReplicaSet"), Resource: appsv1.Resource("replicasets"), Short: "rs",
		Zero:     &appsv1.ReplicaSet{},
		Recorded: true,
		Makes:    []string{Pod},
		Template: func(o Object) *v1.PodTemplateSpec { return &o.(*appsv1.ReplicaSet).Spec.Template },
		Scale: &Scale{
			Replicas: func(o Object) **int32 { return &o.(*appsv1.ReplicaSet).Spec.Replicas },
			Current:  func(o Object) int32 { return o.(*appsv1.ReplicaSet).Status.Replicas },
		},
		Selector: func(o Object) *metav1.LabelSelector { return o.(*appsv1.ReplicaSet).Spec.Selector },
		Verbs:    Verbs{Scale: true},
	},
	Kind{
		GroupVersionKind: apps("StatefulSet"), Resource: appsv1.Resource("statefulsets"), Short: "sts",
		Zero:     &appsv1.StatefulSet{},
		Recorded: true,
		Makes:    []string{Pod},
		Template: func(o Object) *v1.PodTemplateSpec { return &o.(*appsv1.StatefulSet).Spec.Template },
		Claims:   func(o Object) []v1.PersistentVolumeClaim { return o.(*appsv1.StatefulSet).Spec.VolumeClaimTemplates },
		Scale: &Scale{
			Replicas: func(o Object) **int32 { return &o.(*appsv1.StatefulSet).Spec.Replicas },
			Current:  func(o Object) int32 { return o.(*appsv1.StatefulSet).Status.Replicas },
		},
		Selector: func(o Object) *metav1.LabelSelector { return o.(*appsv1.StatefulSet).Spec.Selector },
		Numbered: true,
		Verbs:    Verbs{Scale: true, SetTemplate: true, Rollout: true},
	},
	Kind{
		GroupVersionKind: apps("DaemonSet"), Resource: appsv1.Resource("daemonsets"), Short: "ds", Zero: &appsv1.DaemonSet{},
		Recorded: true,
		Makes:    []string{Pod},
		Template: func(o Object) *v1.PodTemplateSpec { return &o.(*appsv1.DaemonSet).Spec.Template },
		Selector: func(o Object) *metav1.LabelSelector { return o.(*appsv1.DaemonSet).Spec.Selector },
		Verbs:    Verbs{SetTemplate: true, Rollout: true},
		PerNode:  true,
		Target: func(o *v1.Pod) string {
			name, err := util.GetTargetNodeName(o)
			if err != nil {
				return "" // every pod that the controller makes has one
			}
			return name
		},
	},
	Kind{
		GroupVersionKind: apps("ControllerRevision"), Resource: appsv1.Resource("controllerrevisions"),
		Zero:  &appsv1.ControllerRevision{},
		Stays: true,
	},
	Kind{
		GroupVersionKind: batch("Job"), Resource: batchv1.Resource("jobs"), Zero: &batchv1.Job{}, Recorded: true,
		EndsByItself: true,
		Makes:        []string{Pod},
		Template:     func(o Object) *v1.PodTemplateSpec { return &o.(*batchv1.Job).Spec.Template },
		PodFinalizer: batchv1.JobTrackingFinalizer,
		Revision: func(o *v1.Pod, job, top Object) string {
			if top != nil && top.GetUID() != job.GetUID() { // the minute in the name of a CronJob's Job
				return strings.TrimPrefix(job.GetName(), top.GetName()+"-")
			}
			return TemplateHash(o)
		},
	},
	Kind{
		GroupVersionKind: batch("CronJob"), Resource: batchv1.Resource("cronjobs"), Short: "cj", Zero: &batchv1.CronJob{},
		Recorded:     true,
		EndsByItself: true,
		Makes:        []string{"Job", Pod},
		Template:     func(o Object) *v1.PodTemplateSpec { return &o.(*batchv1.CronJob).Spec.JobTemplate.Spec.Template },
		Verbs:        Verbs{SetTemplate: true},
	},
	Kind{GroupVersionKind: core("Service"), Resource: v1.Resource("services"), Short: "svc", Zero: &v1.Service{},
		Recorded: true,
		Apart:    true},
	Kind{
		GroupVersionKind: autoscalingv2.SchemeGroupVersion.WithKind("HorizontalPodAutoscaler"),
		Resource:         autoscalingv2.Resource("horizontalpodautoscalers"), Short: "hpa",
		Zero:     &autoscalingv2.HorizontalPodAutoscaler{},
		Recorded: true,
	},
	Kind{
		GroupVersionKind: policyv1.SchemeGroupVersion.WithKind("PodDisruptionBudget"),
		Resource:         policyv1.Resource("poddisruptionbudgets"), Short: "pdb", Zero: &policyv1.PodDisruptionBudget{},
		Recorded: true,
	},
	Kind{GroupVersionKind: core("ResourceQuota"), Resource: v1.Resource("resourcequotas"), Short: "quota",
		Zero:   &v1.ResourceQuota{},
		Policy: true},
	Kind{GroupVersionKind: core("LimitRange"), Resource: v1.Resource("limitranges"), Short: "limits",
		Zero: &v1.LimitRange{}, Policy: true,
		Apart: true},
	Kind{
		GroupVersionKind: nodev1.SchemeGroupVersion.WithKind("RuntimeClass"),
		Resource:         nodev1.Resource("runtimeclasses"), Zero: &nodev1.RuntimeClass{}, ClusterScoped: true, Policy: true,
		Apart: true,
	},
	Kind{
		GroupVersionKind: schedulingv1.SchemeGroupVersion.WithKind("PriorityClass"),
		Resource:         schedulingv1.Resource("priorityclasses"), Short: "pc", Zero: &schedulingv1.PriorityClass{},
		ClusterScoped: true,
		Policy:        true, Apart: true,
	},
	Kind{GroupVersionKind: core("Secret"), Resource: v1.Resource("secrets"), Zero: &v1.Secret{}, AssumedThere: true,
		Apart: true},
	Kind{GroupVersionKind: core("ConfigMap"), Resource: v1.Resource("configmaps"), Short: "cm", Zero: &v1.ConfigMap{},
		AssumedThere: true, Apart: true},
	Kind{
		GroupVersionKind: core("PersistentVolumeClaim"), Resource: v1.Resource("persistentvolumeclaims"), Short: "pvc",
		Zero: &v1.PersistentVolumeClaim{},
	},
	Kind{
		GroupVersionKind: core("PersistentVolume"), Resource: v1.Resource("persistentvolumes"), Short: "pv",
		Zero: &v1.PersistentVolume{}, ClusterScoped: true, Apart: true,
	},
	Kind{
		GroupVersionKind: storage("StorageClass"), Resource: storagev1.Resource("storageclasses"), Short: "sc",
		Zero: &storagev1.StorageClass{}, ClusterScoped: true, Policy: true, Apart: true,
	},
	Kind{
		GroupVersionKind: storage("CSIDriver"), Resource: storagev1.Resource("csidrivers"),
		Zero: &storagev1.CSIDriver{}, ClusterScoped: true, Policy: true, Apart: true,
	},
	Kind{
		GroupVersionKind: storage("CSINode"), Resource: storagev1.Resource("csinodes"),
		Zero: &storagev1.CSINode{}, ClusterScoped: true, Apart: true, Stays: true,
	},
	Kind{
		GroupVersionKind: device("ResourceClaim"), Resource: resourcev1.Resource("resourceclaims"),
		Zero: &resourcev1.ResourceClaim{}, Apart: true,
	},
	Kind{
		GroupVersionKind: device("ResourceClaimTemplate"), Resource: resourcev1.Resource("resourceclaimtemplates"),
		Zero: &resourcev1.ResourceClaimTemplate{}, Policy: true, Apart: true,
	},
	Kind{
		GroupVersionKind: device("DeviceClass"), Resource: resourcev1.Resource("deviceclasses"),
		Zero: &resourcev1.DeviceClass{}, ClusterScoped: true, Policy: true, Apart: true,
	},
	Kind{
		GroupVersionKind: device("ResourceSlice"), Resource: resourcev1.Resource("resourceslices"),
		Zero: &resourcev1.ResourceSlice{}, ClusterScoped: true, Policy: true, Apart: true,
	},
	Kind{GroupVersionKind: core("Namespace"), Resource: v1.Resource("namespaces"), Short: "ns", Zero: &v1.Namespace{},
		ClusterScoped: true, Apart: true, Stays: true},
)

// Builtin is the kinds of Kubernetes that are simulated, and those whose objects
// are only kept and counted.
func Builtin() *Table { return builtin }

func core(kind string) schema.GroupVersionKind { return v1.SchemeGroupVersion.WithKind(kind) }
func apps(kind string) schema.GroupVersionKind { return appsv1.SchemeGroupVersion.WithKind(kind) }
func storage(kind string) schema.GroupVersionKind {
	return storagev1.SchemeGroupVersion.WithKind(kind)
}
func device(kind string) schema.GroupVersionKind { return resourcev1.SchemeGroupVersion.WithKind(kind) }
func batch(kind string) schema.GroupVersionKind  { return batchv1.SchemeGroupVersion.WithKind(kind) }

// TemplateHash is the hash of the template that a pod was made from, "" for a bare pod.
func TemplateHash(o *v1.Pod) string {
	if hash := o.Labels[appsv1.DefaultDeploymentUniqueLabelKey]; hash != "" {
		return hash
	}
	return o.Labels[appsv1.ControllerRevisionHashLabelKey]
}

// RevisionOf is what records tell the template of a pod apart by. owner is the
// object that controls the pod, nil for a bare pod, and top the workload that it
// belongs to.
func (t *Table) RevisionOf(o *v1.Pod, owner, top Object) string {
	if owner != nil {
		if k := t.Of(owner); k != nil && k.Revision != nil {
			return k.Revision(o, owner, top)
		}
	}
	return TemplateHash(o)
}

// TargetOf is the node that a pod was made for, "" for any.
func (t *Table) TargetOf(o *v1.Pod, owner Object) string {
	if owner == nil {
		return ""
	}
	if k := t.Of(owner); k != nil && k.Target != nil {
		return k.Target(o)
	}
	return ""
}
