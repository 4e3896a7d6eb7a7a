package scatter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"okazaki"
)

// sickAfter is how many different spans in a row a machine may fail, for
// reasons that the input does not explain, before it stops taking work.
const sickAfter = 3

// A machine that stopped taking work tries one span again after firstRest, and
// rests twice as long, up to longestRest, each time that this fails too.
const (
	firstRest   = time.Minute
	longestRest = 32 * time.Minute
)

// A Health is how the workers of a machine fare. Workers that share a machine
// share one. All methods may be called at once.
type Health struct {
	Machine string // what the machine is known by; "": each worker is a machine of its own
	Host    string // its name, for people

	mu       sync.Mutex
	failed   map[string]bool // spans that failed since the last that did not
	rest     time.Duration   // of the next rest
	until    time.Time       // of this one
	told     map[string]bool
	reported map[string]bool // keys of its own reports
}

// machine is what a worker's machine is known by.
func (h *Health) machine(worker string) string {
	if h.Machine == "" {
		return worker
	}
	return h.Machine
}

// resting says that the machine takes no work now.
func (h *Health) resting() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Before(h.until)
}

// worked hears of a span that went well.
func (h *Health) worked() {
	h.mu.Lock()
	clear(h.failed)
	h.rest, h.until = 0, time.Time{}
	h.mu.Unlock()
}

// fails hears of a span that failed for no reason of its own, and returns
// whether the machine is to take no more work for now.
func (h *Health) fails(ctx context.Context, s okazaki.Store, worker, job, span string, err error) bool {
	h.mu.Lock()
	if h.failed == nil {
		h.failed = map[string]bool{}
	}
	h.failed[span] = true
	failures, sick := len(h.failed), len(h.failed) >= sickAfter || h.rest > 0
	h.mu.Unlock()
	if !sick {
		h.report(ctx, s, worker, Sickness{Job: job, Reason: err.Error()})
		sick = failures+h.othersFailures(ctx, s, worker) >= sickAfter
	}
	if sick {
		h.lieDown(ctx, s, worker, job, err)
	}
	return sick
}

// othersFailures is how many failures other processes of this machine have
// reported lately. A machine is another process's too.
func (h *Health) othersFailures(ctx context.Context, s okazaki.Store, worker string) int {
	entries, err := s.List(ctx, sickPrefix+h.machine(worker)+".", "")
	if err != nil {
		return 0
	}
	n := 0
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range entries {
		if e.Age < firstRest && !h.reported[e.Key] {
			n++
		}
	}
	return n
}

// lieDown begins a rest, and says so in the store.
func (h *Health) lieDown(ctx context.Context, s okazaki.Store, worker, job string, err error) {
	h.mu.Lock()
	h.rest = min(max(2*h.rest, firstRest), longestRest)
	h.until = time.Now().Add(h.rest)
	rest := h.rest
	h.mu.Unlock()
	h.report(ctx, s, worker, Sickness{Job: job, Reason: err.Error(), Rest: rest})
}

// cannotOpen hears that the machine can't open a job's engine. What only the
// user can mend is said in the store once; anything else counts as a failure.
func (h *Health) cannotOpen(ctx context.Context, s okazaki.Store, worker, job string, err error) {
	switch {
	case errors.Is(err, ErrNoEngine), errors.Is(err, okazaki.ErrBusy):
		return
	case suspect(err):
		h.fails(ctx, s, worker, job, fmt.Sprint("open ", time.Now().UnixNano()), err)
		return
	}
	h.mu.Lock()
	again := h.told[job+err.Error()]
	if h.told == nil {
		h.told = map[string]bool{}
	}
	h.told[job+err.Error()] = true
	h.mu.Unlock()
	if !again {
		h.report(ctx, s, worker, Sickness{Job: job, Reason: err.Error()})
	}
}

func (h *Health) report(ctx context.Context, s okazaki.Store, worker string, k Sickness) {
	k.Machine, k.Host = h.machine(worker), h.Host
	key := sickPrefix + k.Machine + "." + newNonce()
	h.mu.Lock()
	if h.reported == nil {
		h.reported = map[string]bool{}
	}
	h.reported[key] = true
	h.mu.Unlock()
	_ = s.Create(ctx, key, encode(&k, nil)) // a report that is lost costs nothing but patience
}

// A Sickness is a report of a machine whose workers failed for no reason that
// the input explains, and perhaps stopped taking work.
type Sickness struct {
	Machine string        `json:"machine"`
	Host    string        `json:"host,omitempty"`
	Job     string        `json:"job"`            // which they were at
	Reason  string        `json:"reason"`         // of the last failure
	Rest    time.Duration `json:"rest,omitempty"` // until they try again; 0: they go on with other jobs
	Key     string        `json:"-"`
	Age     time.Duration `json:"-"` // by the store's clock
}

// String is the report as people read it.
func (k *Sickness) String() string {
	who := "workers"
	if k.Host != "" {
		who += " on " + k.Host
	}
	if k.Rest == 0 {
		return fmt.Sprintf("%s failed, others try again: %s", who, k.Reason)
	}
	return fmt.Sprintf("%s stopped taking work for %v: %s", who, k.Rest, k.Reason)
}

// Sick returns the reports in a store that are younger than age. Those whose
// keys seen holds are not read again; it is added to.
func Sick(ctx context.Context, s okazaki.Store, age time.Duration, seen map[string]bool) ([]Sickness, error) {
	entries, err := listKeys(ctx, s, sickPrefix, nil)
	if err != nil {
		return nil, err
	}
	var reports []Sickness
	for _, e := range entries {
		if seen[e.Key] || e.Age > age {
			continue
		}
		v, err := patientGet(ctx, s, e.Key)
		if errors.Is(err, okazaki.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		k := Sickness{Key: e.Key, Age: e.Age}
		if head, _, ok := strings.Cut(string(v.Bytes), "\n"); !ok || json.Unmarshal([]byte(head), &k) != nil {
			continue
		}
		seen[e.Key] = true
		reports = append(reports, k)
	}
	return reports, nil
}
