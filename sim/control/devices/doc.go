// Package devices is what drivers of devices say of machines: the ResourceSlices that
// NVIDIA's driver for dynamic resource allocation publishes (github.com/NVIDIA/
// k8s-dra-driver-gpu, cmd/gpu-kubelet-plugin), and which GPUs a claim stands for.
package devices
