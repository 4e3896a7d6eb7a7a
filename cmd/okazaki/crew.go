package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"okazaki"
	"okazaki/scatter"
)

// handOver is how long workers may take, once told to leave, to keep what they
// have done.
const handOver = 2 * time.Second

// A crew is the workers of this process.
type crew struct {
	store   okazaki.Store
	engines *scatter.Engines
	waker   okazaki.Waker
	size    int
	memory  []int64 // MB of one worker: of the smallest class that it is, and of the largest
	alone   bool    // no other machine works the store's jobs
	worked  func(job string, stage int, units int64)
	ended   func(job string) // nil: nobody asks
	looked  func(open int)   // nil: nobody asks
	report  func(job string, err error)
}

// work starts the workers and answers when all have left: after ctx has ended,
// or when the waker ends their wait. Its error is the waker's.
func (c *crew) work(ctx context.Context) error {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 { // GOMEMLIMIT has not set it
		debug.SetMemoryLimit(int64(c.allowed() / 10 * 9)) // collect garbage before spans are split for it
	}
	process := processName()
	errs := make([]error, c.size)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			w := c.worker(process, i)
			errs[i] = w.Serve(ctx, c.report)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// worker is worker i of a process of that name.
func (c *crew) worker(process string, i int) *scatter.Worker {
	meter := scatter.NewMeter(c.store)
	w := &scatter.Worker{
		Store: meter, Meter: meter, Waker: c.waker, Engines: c.engines, Name: fmt.Sprintf("%s-%d", process, i),
		Memory: c.allowed(), Largest: c.memory[len(c.memory)-1], Grace: handOver, Worked: c.worked, Ended: c.ended, Looked: c.looked,
		Alone: c.alone, Health: health(),
	}
	if a := thisProcess(); a != nil {
		w.Dead = a.dead
	}
	return w
}

// processName is what this process is known by in the store, unlike any other.
var processName = sync.OnceValue(func() string { return strings.ToLower(rand.Text()[:16]) })

// thisProcess is alive for as long as this process; nil where that can't be
// told.
var thisProcess = sync.OnceValue(func() *alive { return newAlive(processName()) })

// health is how this machine fares: all workers of a boot, of a host and, in a
// container, of that container share it.
var health = sync.OnceValue(func() *scatter.Health {
	host, _ := os.Hostname()
	h := fnv.New64a()
	for _, path := range []string{"/proc/sys/kernel/random/boot_id", "/proc/self/cgroup"} {
		b, _ := os.ReadFile(path) // where there is none, the host's name must do
		h.Write(b)
	}
	h.Write([]byte(host))
	return &scatter.Health{Machine: strconv.FormatUint(h.Sum64(), 36), Host: host}
})

// allowed is the memory of the whole crew, in bytes.
func (c *crew) allowed() uint64 { return uint64(max(1, c.size)) * uint64(c.memory[0]) << 20 }

// closed hears of engines that were closed.
func (a *app) closed(job string, err error) {
	if err != nil {
		a.tell.warn("close", fmt.Sprintf("job %s: its files can't be closed: %v", job, err), "job", job, "error", err.Error())
	}
}

// A complaint tells each failure of a crew once.
type complaint struct {
	tell *teller
	mu   sync.Mutex
	told map[string]bool
}

func (c *complaint) report(job string, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	text := err.Error()
	if job != "" && !errors.Is(err, scatter.ErrNoEngine) {
		text = fmt.Sprintf("job %s: %v", job, err)
	}
	c.mu.Lock()
	again := c.told[text]
	if c.told == nil {
		c.told = map[string]bool{}
	}
	c.told[text] = true
	c.mu.Unlock()
	if !again {
		c.tell.warn("trouble", text, "job", job, "error", err.Error())
	}
}
