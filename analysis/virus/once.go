package virus

import "context"

// A once is a value that the first caller makes. Other callers wait as long as
// their context lasts. An error is not kept: the next caller tries again.
type once[T any] struct {
	sem   chan struct{} // held by the maker
	value *T
}

func newOnce[T any]() *once[T] { return &once[T]{sem: make(chan struct{}, 1)} }

func (o *once[T]) get(ctx context.Context, make func() (*T, error)) (*T, error) {
	select {
	case o.sem <- struct{}{}:
		defer func() { <-o.sem }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if o.value == nil {
		value, err := make()
		if err != nil {
			return nil, err
		}
		o.value = value
	}
	return o.value, nil
}
