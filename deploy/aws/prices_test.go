package aws_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"okazaki"
	"okazaki/deploy/aws"
)

func TestListPrices(t *testing.T) {
	prices := aws.ListPrices()
	for name, p := range prices.Prices {
		if !(p.Price > 0) || p.Per == "" || len(p.Dated) != len("2026-01") {
			t.Errorf("%s: %+v", name, p)
		}
	}
	lines, sum := prices.Bill(aws.Usage{"s3.put": 1e6, "s3.get": 1e6})
	if len(lines) != 2 || lines[0].Item != "s3.get" || math.Abs(sum-5.4) > 1e-9 {
		t.Errorf("%+v, %v", lines, sum)
	}
}

// A call is worth what it costs at most: a million creates of large values
// $5 of S3 and $1.25 of DynamoDB, and the folder's read.
func TestCalls(t *testing.T) {
	for _, c := range []struct {
		scheme string
		calls  okazaki.Calls
		cost   float64
	}{
		{"dynamo", okazaki.Calls{Large: 1e6}, 6.375},
		{"dynamo", okazaki.Calls{Creates: 1e6}, 1.375},
		{"dynamo", okazaki.Calls{Gets: 1e6}, 0.5875},
		{"s3", okazaki.Calls{Creates: 1e6, Gets: 1e6, Lists: 1e6, Entries: 1e6}, 10.4},
		{"s3", okazaki.Calls{Rings: 1e6}, 0.7},
	} {
		if cost := aws.Money(c.calls.Worth(aws.Calls(c.scheme))); math.Abs(cost-c.cost) > 0.001 {
			t.Errorf("%s: %+v are worth $%v, not $%v", c.scheme, c.calls, cost, c.cost)
		}
	}
}

// An idle month is the storage of what the last jobs have left: the template
// has nothing else that costs by time but alarms, which are free up to ten.
func TestIdleMonth(t *testing.T) {
	bill := aws.ListPrices().Cost(aws.Usage{"s3.month": 2, "dynamodb.month": 0.1})
	if bill > 0.10 {
		t.Errorf("2 GB of results and 100 MB of attempts are $%.3f a month", bill)
	}
}

// The same program gives the same bytes, so that deploying it again changes
// nothing.
func TestZip(t *testing.T) {
	program := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	one, err := aws.Zip(program)
	if err != nil {
		t.Fatal(err)
	}
	two, err := aws.Zip(program)
	if err != nil || string(one) != string(two) {
		t.Errorf("two zips of one program differ (%v)", err)
	}
	if _, err := aws.Zip(program + "-none"); err == nil {
		t.Error("a missing program is packed")
	}
}
