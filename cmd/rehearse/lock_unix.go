//go:build unix

package main

import (
	"os"
	"syscall"
)

// lock holds a file for this process, until it is closed. The error says that another one
// holds it.
func lock(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
