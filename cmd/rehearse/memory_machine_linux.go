package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// machineMemory is how many bytes of memory the process can have: those of the
// machine, or of the container that it runs in; 0 when that is unknown.
func machineMemory() uint64 {
	var info syscall.Sysinfo_t
	if err := syscall.Sysinfo(&info); err != nil {
		return 0
	}
	total := uint64(info.Totalram) * uint64(info.Unit)
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if limit, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64); err == nil && limit > 0 {
			total = min(total, limit) // "max" is no number
		}
	}
	return total
}
