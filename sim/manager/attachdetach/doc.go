// Package attachdetach gives machines the volumes of their pods: the controller that
// attaches them and takes them away (pkg/controller/volume/attachdetach), and the part of
// the kubelets that waits for them (pkg/kubelet/volumemanager). What is decided is
// sim/control/volume's.
//
//	pod has a node ─▶ attached ─▶ told of by the kubelet ─▶ mounted ─▶ containers start
//	pod is gone    ─▶ told of by the kubelet ─▶ detached ─▶ free for another machine
//
// Reading order: controller.go (who is to have what), reconcile.go (attach and detach),
// mount.go (what pods wait for), limits.go (how many volumes a machine takes).
package attachdetach
