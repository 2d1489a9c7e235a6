package wire

// Devices is who hands out the GPUs of machines. DeviceClasses, ResourceSlices, claims and
// their templates stand among the manifests.
type Devices struct {
	Driver  string        `yaml:"driver" doc:"dra: NVIDIA's driver for claims of devices; devicePlugin: NVIDIA's device plugin; both: the two side by side, which may give a GPU twice. dra when left out and something claims devices, else devicePlugin"`
	Prepare *DurationDist `yaml:"prepare" doc:"until the devices of a pod are prepared on its machine; lognormal(500ms, 3s) when left out"`
}
