package guide

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

// TestAContigIsReadOnceByManyWorkers asks for four contigs in turns, as workers
// on several contigs do.
func TestAContigIsReadOnceByManyWorkers(t *testing.T) {
	var k contigs
	var loads atomic.Int64
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for turn := range 40 {
				number := (turn + w) % 4
				c, err := k.get(t.Context(), number, func() (*contig, error) {
					loads.Add(1)
					return newContig(string(rune('a'+number)), []byte("ACGT"), false), nil
				})
				if err != nil || c.Name != string(rune('a'+number)) {
					t.Errorf("contig %d: %v, %v", number, c, err)
				}
			}
		})
	}
	all.Wait()
	if n := loads.Load(); n != 4 {
		t.Errorf("4 contigs were read %d times", n)
	}
}

// TestAContigThatCouldNotBeReadIsReadAgain keeps no error for others.
func TestAContigThatCouldNotBeReadIsReadAgain(t *testing.T) {
	var k contigs
	if _, err := k.get(t.Context(), 3, func() (*contig, error) { return nil, context.Canceled }); !errors.Is(err, context.Canceled) {
		t.Error("a worker whose attempt ended:", err)
	}
	if c, err := k.get(t.Context(), 3, func() (*contig, error) { return newContig("d", nil, false), nil }); err != nil || c.Name != "d" {
		t.Error("the next worker:", c, err)
	}
}

// TestContigsThatWereNotUsedForLongestGo keeps what fits, and the last in any
// case.
func TestContigsThatWereNotUsedForLongestGo(t *testing.T) {
	var k contigs
	large := &text{lo: make([]uint64, 0)}
	ask := func(number int) (loaded bool) {
		_, err := k.get(t.Context(), number, func() (*contig, error) {
			loaded = true
			return &contig{text: large}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return loaded
	}
	ask(0)
	ask(1)
	ask(0)
	k.bytes = maxKept + 1 // as if both were large
	ask(2)
	if ask(2) || !ask(1) {
		t.Error("the contig that was read last is not kept, or the one that was not used for longest is")
	}
}
