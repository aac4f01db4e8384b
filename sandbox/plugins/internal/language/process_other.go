//go:build unix && !linux

package language

import "syscall"

// Without the kernel's parent-death signal a killed language host leaves its program to end by itself.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
