package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"okazaki"
	"okazaki/scatter"
)

// handOver is how long workers may take, once told to leave, to keep what they
// have done.
const handOver = 2 * time.Second

// Workers are the workers of this process.
type Workers struct {
	Store   okazaki.Store
	Engines *scatter.Engines
	Waker   okazaki.Waker
	Size    int
	Memory  []int64         // MB of one worker: of the smallest class that it is, and of the largest; nil: no limit
	Alone   bool            // no other machine works the store's jobs
	Health  *scatter.Health // nil: this machine's
	// What follows is called by many goroutines at once; nil: nobody asks.
	Worked func(job string, stage int, units int64)
	Ended  func(job string)
	Looked func(open int)
	Report func(job string, err error) // of what went wrong; the jobs go on
}

// Work starts the workers and returns when all have left: after ctx has ended,
// or when the waker ends their wait. Its error is the waker's.
func (w *Workers) Work(ctx context.Context) error {
	report := w.Report
	if report == nil {
		report = func(string, error) {}
	}
	errs := make([]error, w.Size)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = w.Worker().Serve(ctx, report) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Worker is a new one of the workers. No other has its name, whichever Workers of
// this process it is one of.
func (w *Workers) Worker() *scatter.Worker {
	meter := scatter.NewMeter(w.Store)
	one := &scatter.Worker{
		Store: meter, Meter: meter, Waker: w.Waker, Engines: w.Engines, Name: fmt.Sprintf("%s-%d", processName(), workersSoFar.Add(1)),
		Memory: w.Allowed(), Grace: handOver, Worked: w.Worked, Ended: w.Ended, Looked: w.Looked,
		Alone: w.Alone, Health: w.Health,
	}
	if n := len(w.Memory); n > 0 {
		one.Largest = w.Memory[n-1]
	}
	if one.Health == nil {
		one.Health = Machine()
	}
	if a := thisProcess(); a != nil {
		one.Dead = a.dead
	}
	return one
}

// Allowed is the memory of all the workers, in bytes; 0: no limit.
func (w *Workers) Allowed() uint64 {
	if len(w.Memory) == 0 {
		return 0
	}
	return uint64(max(1, w.Size)) * uint64(w.Memory[0]) << 20
}

// workersSoFar counts the workers of this process: two of one name would take
// each other's records for their own.
var workersSoFar atomic.Int64

// processName is what this process is known by in the store, unlike any other.
var processName = sync.OnceValue(func() string { return strings.ToLower(rand.Text()[:16]) })

// thisProcess is alive for as long as this process; nil where nobody can know.
var thisProcess = sync.OnceValue(func() *alive { return newAlive(processName()) })

// KnowsTheDead says whether workers on this host see when another process of it
// has died, and then go on at once.
func KnowsTheDead() bool { return thisProcess() != nil }

// Machine is how this machine fares: all workers of a boot, of a host and, in a
// container, of that container share it.
var Machine = sync.OnceValue(func() *scatter.Health {
	host, _ := os.Hostname()
	h := fnv.New64a()
	for _, path := range []string{"/proc/sys/kernel/random/boot_id", "/proc/self/cgroup"} {
		b, _ := os.ReadFile(path) // where there is none, the host's name must do
		h.Write(b)
	}
	h.Write([]byte(host))
	return &scatter.Health{Machine: strconv.FormatUint(h.Sum64(), 36), Host: host}
})
