// Package storage is what containers write to the disk of their machine: logs, their
// writable layers, emptyDir volumes; who has written more than a limit allows, and how
// much of the disk is left.
//
//	growth.go   what a container writes, as a scenario says it
//	line.go     bytes that grow along a line, up to a most
//	pod.go      what one pod has written; container.go one container of it
//	limits.go   the limits that the kubelet holds pods to, by what its statistics say
//	disk.go     the disk of a node
//
// A kubelet sees this late: containerd looks at writable layers each 10 s, the kubelet
// at volumes each one to two minutes. Logs it measures when it looks.
//
// Followed, of k8s.io/kubernetes v1.37.2: localStorageEviction in
// pkg/kubelet/eviction/eviction_manager.go, pkg/kubelet/server/stats
// (volume_stat_calculator.go, fs_resource_analyzer.go), calcEphemeralStorage in
// pkg/kubelet/stats/helper.go, pkg/kubelet/logs/container_log_manager.go.
package storage
