package client

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"okazaki"
	"okazaki/deploy/aws"
)

// The defaults of Options.
const (
	DefaultBudget      = 100_000 // GB-seconds
	DefaultDeadline    = 168 * time.Hour
	DefaultTurn        = 30 * time.Second
	DefaultAim         = 2 * time.Second
	DefaultConcurrency = 64
	DefaultMemory      = 1024 // megabytes
)

// A Budget is what a job may spend on work, retries included. The zero value
// stands for the default.
type Budget struct {
	gbs   float64
	given bool
}

// GBSeconds is a budget of gigabyte-seconds: of memory, times how long it is
// in use.
func GBSeconds(gbs float64) Budget { return Budget{gbs, true} }

// USD is the budget that this many dollars buy at the list price of AWS Lambda.
// On a computer of your own nothing is paid, and the budget bounds the work
// alike.
func USD(dollars float64) Budget { return GBSeconds(dollars / aws.GBSecond()) }

// GBSeconds is the budget in gigabyte-seconds.
func (b Budget) GBSeconds() float64 {
	if !b.given {
		return DefaultBudget
	}
	return b.gbs
}

// Which limit can't be kept, for errors.Is.
var (
	ErrBudget      = errors.New("budget")
	ErrSpan        = errors.New("span")
	ErrConcurrency = errors.New("concurrency")
)

// Limits returns the limits of the options as a job has them, defaults filled
// in. Calls are left to the store, which says what they cost.
func (o *Options) Limits() (okazaki.Limits, error) {
	const most = 1e12 // GB-seconds: 30,000 years of one machine
	l := okazaki.Limits{
		Classes: o.Memory, Turn: cmp.Or(o.Turn, DefaultTurn), Aim: cmp.Or(o.Aim, DefaultAim), Deadline: cmp.Or(o.Deadline, DefaultDeadline),
		Concurrency: cmp.Or(o.Concurrency, DefaultConcurrency), Span: o.Span, Partial: o.Partial,
	}
	if len(l.Classes) == 0 {
		l.Classes = []int64{DefaultMemory}
	}
	budget := o.Budget.GBSeconds()
	switch {
	case budget >= most:
		return l, &okazaki.Error{Message: fmt.Sprintf("a budget of %g GB-s is too large to be counted", budget), Hint: fmt.Sprintf("give less than %g", most), Err: ErrBudget}
	case !(budget > 0):
		return l, &okazaki.Error{Message: fmt.Sprintf("a budget of %v GB-s buys nothing", budget), Hint: "give a budget above 0", Err: ErrBudget}
	case l.Span < 0:
		return l, &okazaki.Error{Message: fmt.Sprintf("a span can't have %d units", l.Span), Hint: "give a span of 1 or more, or 0 to let the measured speed decide", Err: ErrSpan}
	case l.Concurrency < 1:
		return l, &okazaki.Error{Message: "no span may be under way", Hint: "give a concurrency of 1 or more", Err: ErrConcurrency}
	}
	l.Budget = okazaki.MBsOf(budget)
	return l, nil
}
