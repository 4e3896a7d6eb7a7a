package dir

import (
	"fmt"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// nameless are files that have no name until they are linked: a process that
// is killed leaves nothing of them behind. Some are made ahead, while the
// goroutines that wait for the disk don't need the processor.
type nameless struct {
	folder  string
	way     linkWay
	ready   chan int // descriptors
	filling atomic.Bool
	closed  atomic.Bool
}

// A linkWay is how the system gives a name to a descriptor.
type linkWay int

const (
	noWay    linkWay = iota
	byItself         // Linux 6.10 and later, or with some rights
	byProc
)

// ahead is how many files are made ahead, once half of them are used.
const ahead = 8

func (n *nameless) open(folder, trial string) {
	n.folder = folder
	fd, err := n.make()
	if err != nil {
		return
	}
	defer closeNameless(fd)
	for _, way := range []linkWay{byItself, byProc} {
		n.way = way
		if n.linkNameless(fd, trial) == nil {
			_ = unix.Unlink(trial)
			n.ready = make(chan int, ahead)
			return
		}
	}
	n.way = noWay
}

func (n *nameless) close() {
	n.closed.Store(true)
	n.drain()
}

func (n *nameless) drain() {
	for {
		select {
		case fd := <-n.ready:
			closeNameless(fd)
		default:
			return
		}
	}
}

func (n *nameless) make() (int, error) {
	return unix.Open(n.folder, unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o444)
}

// take is a new file's descriptor; false if a file must have a name.
func (n *nameless) take() (int, bool) {
	if n.way == noWay {
		return 0, false
	}
	if len(n.ready) <= ahead/2 && n.filling.CompareAndSwap(false, true) {
		go n.fill()
	}
	select {
	case fd := <-n.ready:
		return fd, true
	default:
	}
	fd, err := n.make()
	return fd, err == nil
}

// fill makes files until there are enough.
func (n *nameless) fill() {
	defer n.filling.Store(false)
	for len(n.ready) < ahead && !n.closed.Load() {
		fd, err := n.make()
		if err != nil {
			return
		}
		n.ready <- fd
	}
	if n.closed.Load() {
		n.drain()
	}
}

func writeNameless(fd int, sync bool, chunks [][]byte) error {
	for _, b := range chunks {
		for len(b) > 0 {
			n, err := unix.Write(fd, b)
			if err != nil && err != unix.EINTR {
				return fmt.Errorf("writing a file: %w", err)
			}
			b = b[max(n, 0):]
		}
	}
	if !sync {
		return nil
	}
	return unix.Fsync(fd)
}

func (n *nameless) linkNameless(fd int, path string) error {
	old, err := "", error(nil)
	if n.way == byItself {
		err = unix.Linkat(fd, old, unix.AT_FDCWD, path, unix.AT_EMPTY_PATH)
	} else {
		old = fmt.Sprintf("/proc/self/fd/%d", fd)
		err = unix.Linkat(unix.AT_FDCWD, old, unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW)
	}
	if err != nil {
		return &os.LinkError{Op: "link", Old: old, New: path, Err: err}
	}
	return nil
}

func closeNameless(fd int) { _ = unix.Close(fd) }
