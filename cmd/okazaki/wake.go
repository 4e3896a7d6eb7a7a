package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"okazaki"
	"okazaki/wake/local"
	"okazaki/wake/sns"
)

// openWaker wakes this process's workers, and those elsewhere that --wake
// names.
func (r *request) openWaker(ctx context.Context) (okazaki.Waker, error) {
	here := local.New(r.job.Record.Limits.Concurrency + r.config.workers)
	if r.config.wake == "" {
		return here, nil
	}
	topic, ok := strings.CutPrefix(r.config.wake, "sns:")
	if !ok {
		return nil, &okazaki.Error{Message: fmt.Sprintf("--wake can't be %q", r.config.wake), Hint: "write sns:ARN"}
	}
	k, err := sns.Open(ctx, sns.Options{Topic: topic})
	if err != nil {
		return nil, err
	}
	return &bothWakers{here, k}, nil
}

// bothWakers wake here and elsewhere.
type bothWakers struct {
	okazaki.Waker // of this process
	there         *sns.Waker
}

// Ring is okazaki.Waker's.
func (b *bothWakers) Ring(ctx context.Context, w okazaki.Wake) error {
	return errors.Join(b.Waker.Ring(ctx, w), b.there.Ring(ctx, w))
}

// RingAll rings for each of ws, in few requests.
func (b *bothWakers) RingAll(ctx context.Context, ws []okazaki.Wake) error {
	for _, w := range ws {
		_ = b.Waker.Ring(ctx, w) // it never fails
	}
	return b.there.RingAll(ctx, ws)
}
