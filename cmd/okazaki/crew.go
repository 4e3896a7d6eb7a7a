package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"sync"

	"okazaki/client"
	"okazaki/scatter"
)

// limitMemory has garbage collected before spans are split for the memory of the
// workers, unless GOMEMLIMIT says otherwise.
func limitMemory(w *client.Workers) {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(int64(w.Allowed() / 10 * 9))
	}
}

// health is how this machine fares.
var health = client.Machine

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
