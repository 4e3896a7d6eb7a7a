package okazaki_test

import (
	"encoding/json"
	"testing"
	"time"

	"okazaki"
)

// TestUnits converts what work took and what may be spent.
func TestUnits(t *testing.T) {
	work := okazaki.MBmsOf(1769, 1500*time.Millisecond) // of the smallest function with a whole core
	if work != 2_653_500 || work.MBs() != 2653 || work.Reserve() != 2654 {
		t.Errorf("1.5 s of 1769 MB: %d MB·ms, %d MB·s spent, %d MB·s reserved", work, work.MBs(), work.Reserve())
	}
	if whole := okazaki.MBms(3000); whole.MBs() != 3 || whole.Reserve() != 3 || whole.MBs().MBms() != whole {
		t.Errorf("3000 MB·ms: %d and %d MB·s", whole.MBs(), whole.Reserve())
	}
	if budget := okazaki.MBsOf(2.5); budget != 2560 || budget.GBs() != 2.5 || budget.MBms().GBs() != 2.5 {
		t.Errorf("2.5 GB·s: %d MB·s", budget)
	}
}

// TestPricesAreWrittenAsCalls has the prices of calls in a job's record under the
// names of the calls.
func TestPricesAreWrittenAsCalls(t *testing.T) {
	prices, err := json.Marshal(okazaki.Prices{Creates: 1, Large: 2, Gets: 3, Lists: 4, Entries: 5, Rings: 6})
	if err != nil {
		t.Fatal(err)
	}
	calls, err := json.Marshal(okazaki.Calls{Creates: 1, Large: 2, Gets: 3, Lists: 4, Entries: 5, Rings: 6})
	if err != nil || string(prices) != string(calls) {
		t.Errorf("%s, and calls are %s, %v", prices, calls, err)
	}
	made := okazaki.Calls{Creates: 1, Large: 2, Gets: 3, Lists: 4, Entries: 5, Rings: 6}
	if cost := made.Worth(okazaki.Prices{Creates: 100000, Large: 10000, Gets: 1000, Lists: 100, Entries: 10, Rings: 1}); cost != 123456 {
		t.Errorf("they cost %d MB·ms", cost)
	}
}
