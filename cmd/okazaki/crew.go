package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
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
	memory  int64 // MB of one worker
	worked  func(job string, stage int, units int64)
	ended   func(job string) // nil: nobody asks
	report  func(job string, err error)
}

// work starts the workers and answers when all have left: after ctx has ended,
// or when the waker ends their wait. Its error is the waker's.
func (c *crew) work(ctx context.Context) error {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 { // GOMEMLIMIT has not set it
		debug.SetMemoryLimit(int64(c.allowed() / 10 * 9)) // collect garbage before spans are split for it
	}
	errs := make([]error, c.size)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			w := c.worker()
			errs[i] = w.Serve(ctx, c.report)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (c *crew) worker() *scatter.Worker {
	meter := scatter.NewMeter(c.store)
	return &scatter.Worker{
		Store: meter, Meter: meter, Waker: c.waker, Engines: c.engines,
		Memory: c.allowed(), Grace: handOver, Worked: c.worked, Ended: c.ended,
	}
}

// allowed is the memory of the whole crew, in bytes.
func (c *crew) allowed() uint64 { return uint64(max(1, c.size)) * uint64(c.memory) << 20 }

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
