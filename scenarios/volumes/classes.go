package volumes

import (
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// class is a StorageClass as a provider makes it.
type class struct {
	name, provisioner, kind string // kind is the type of its disks
	mode                    storagev1.VolumeBindingMode
	byDefault, grows        bool
}

const (
	later  = storagev1.VolumeBindingWaitForFirstConsumer
	atOnce = storagev1.VolumeBindingImmediate
)

// providers are the StorageClasses of new clusters.
//
//   - eks: gp2 of Amazon EKS, which is not the default one since 1.30
//     (docs.aws.amazon.com/eks, release notes of Kubernetes 1.30)
//   - gke: of GKE with its driver for persistent disks
//     (cloud.google.com/kubernetes-engine/docs/concepts/persistent-volumes)
//   - aks: of AKS (learn.microsoft.com/azure/aks/concepts-storage)
//   - kind: sigs.k8s.io/kind, images/base/files/kind/manifests/default-storage.yaml
var providers = map[string][]class{
	"eks": {{"gp2", "kubernetes.io/aws-ebs", "gp2", later, false, false}},
	"gke": {
		{"standard-rwo", "pd.csi.storage.gke.io", "pd-balanced", later, true, true},
		{"premium-rwo", "pd.csi.storage.gke.io", "pd-ssd", later, false, true},
		{"standard", "kubernetes.io/gce-pd", "pd-standard", atOnce, false, true},
	},
	"aks": {
		{"default", "disk.csi.azure.com", "StandardSSD_LRS", later, true, true},
		{"managed-csi", "disk.csi.azure.com", "StandardSSD_LRS", later, false, true},
		{"managed-csi-premium", "disk.csi.azure.com", "Premium_LRS", later, false, true},
		{"azurefile-csi", "file.csi.azure.com", "Standard_LRS", atOnce, false, true},
		{"azurefile-csi-premium", "file.csi.azure.com", "Premium_LRS", atOnce, false, true},
	},
	"kind": {{"standard", "rancher.io/local-path", "", later, true, false}},
	"none": {},
}

// origin is whose classes they are, for the reader.
var origin = map[string]string{
	"eks": "on EKS, where it is marked as the default by hand", "gke": "on GKE", "aks": "on AKS", "kind": "in kind",
}

// object is the StorageClass with the API's defaults.
func (c class) object() *storagev1.StorageClass {
	mode, policy := c.mode, v1.PersistentVolumeReclaimDelete
	o := &storagev1.StorageClass{
		ObjectMeta:  metav1.ObjectMeta{Name: c.name},
		Provisioner: c.provisioner, VolumeBindingMode: &mode, ReclaimPolicy: &policy,
	}
	o.SetGroupVersionKind(storagev1.SchemeGroupVersion.WithKind("StorageClass"))
	if c.kind != "" {
		o.Parameters = map[string]string{"type": c.kind}
	}
	if c.grows {
		o.AllowVolumeExpansion = &c.grows
	}
	if c.byDefault {
		markDefault(o, true)
	}
	return o
}
