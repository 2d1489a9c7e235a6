// Package devices completes what a scenario says of devices: who hands out the GPUs of the
// machines, and the DeviceClasses of NVIDIA's driver where nobody gives them.
package devices
