// Package volume is what looks after PersistentVolumes and their claims in a run:
//
//   - controller.go, sync.go: the controller that binds them
//     (pkg/controller/volume/persistentvolume), which decides by sim/control/volume
//   - provisioner.go: the drivers' own part, which make volumes and delete them
//   - ephemeral.go: the claims of generic ephemeral volumes (pkg/controller/volume/ephemeral)
//   - protection.go: claims and volumes that are in use stay
//     (pkg/controller/volume/pvcprotection, pvprotection)
//   - strategy.go: the API server's part
package volume
