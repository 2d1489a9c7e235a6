package nodes

import (
	"math"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// plainDisk is what a machine has that nothing is known of, in bytes: every kubelet
// advertises ephemeral storage.
const plainDisk = 100 * gib

// Disk is the size of the file system's disk that a provider gives a machine when
// nobody says otherwise, in bytes. Sources: EKS, managed node groups (diskSize, 20
// GiB); GKE, "Boot disks" (100 GB, counted as GiB); AKS, "Default OS disk sizing" (by
// cores).
func (s Shape) Disk() int64 {
	switch s.Provider {
	case "aws":
		return 20 * gib
	case "azure":
		switch {
		case s.CPU < 8:
			return 128 * gib
		case s.CPU < 16:
			return 256 * gib
		case s.CPU < 64:
			return 512 * gib
		}
		return 1024 * gib
	}
	return plainDisk
}

// storage is what the kubelet makes of a disk, in bytes: capacity is the file system's
// size, and allocatable what is left without what the provider reserves and the
// threshold of hard eviction, 10 %, which the kubelet counts in single precision
// (pkg/kubelet/eviction/helpers.go, GetThresholdQuantity).
//
// EKS reserves 1 GiB (awslabs/amazon-eks-ami); its file system is 12,308 KiB less
// than the disk, for 20 GiB as for 80. GKE reserves the least of half the disk, 6 GiB
// and 35 %, and 100 GiB ("Plan node sizes"), and the operating system takes 1.5635 %
// and 4.148 GiB (cluster-autoscaler, cloudprovider/gce/gce_reserved.go). AKS reserves
// nothing; its file system is 3.227 % less than the disk, as of 128 GiB.
func storage(provider string, disk int64) (capacity, allocatable int64) {
	reserved := int64(0)
	switch capacity = disk; provider {
	case "aws":
		capacity, reserved = disk-12308<<10, gib
	case "gcp":
		capacity -= int64(math.Ceil(0.015635*float64(disk))) + int64(math.Ceil(4.148*float64(gib)))
		reserved = min(disk/2, 6*gib+disk*35/100, 100*gib)
	case "azure":
		capacity -= int64(0.03227 * float64(disk))
	}
	capacity = max(capacity, 0)
	threshold := int64(float64(capacity) * float64(float32(0.1)))
	return capacity, max(capacity-threshold-reserved, 0)
}

// store fills in the ephemeral storage. A capacity that is given is the size of the
// disk of an instance type, and the file system's of a plain machine.
func store(provider string, disk int64, capacity, allocatable v1.ResourceList) {
	const name = v1.ResourceEphemeralStorage
	if _, known := allocatable[name]; known {
		return // somebody knows better
	}
	if q, known := capacity[name]; known {
		disk = q.Value()
	}
	size, left := storage(provider, disk)
	capacity[name] = *resource.NewQuantity(size, resource.BinarySI)
	allocatable[name] = *resource.NewQuantity(left, resource.BinarySI)
}
