// Package volume decides what the controllers of volumes do: which PersistentVolume a
// claim is bound to, what becomes of a volume whose claim is gone, which claim is to be
// provisioned, and when a volume may be attached to a machine or has to be detached.
//
// Followed are pkg/controller/volume/persistentvolume/pv_controller.go (claim.go,
// volume.go, match.go), the external provisioner of CSI drivers (provision.go), and
// pkg/controller/volume/attachdetach/reconciler (attach.go). What upstream has as a pure
// helper is called: k8s.io/component-helpers/storage/volume.
package volume
