//go:build unix

package awsemu

import (
	"os"
	"syscall"
)

// freeze stops a process between two events, as Lambda does.
func freeze(p *os.Process) error { return p.Signal(syscall.SIGSTOP) }

// thaw lets it go on.
func thaw(p *os.Process) error { return p.Signal(syscall.SIGCONT) }
