package main

import "golang.org/x/sys/unix"

// machineMemory is how many bytes of memory the machine has; 0 when that is unknown.
func machineMemory() uint64 {
	total, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return total
}
