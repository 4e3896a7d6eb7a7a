//go:build unix

package dir_test

import "syscall"

// stop stops a process, which doesn't end.
const stop = syscall.SIGSTOP
