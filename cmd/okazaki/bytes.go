package main

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// A byteValue is a flag of bytes, such as 500MB or 1.5TB. A kilobyte is 1,000
// bytes, and a kibibyte (KiB) 1,024.
type byteValue int64

var byteUnits = []struct {
	name string
	size float64
}{ // the first that a text ends in
	{"TIB", 1 << 40}, {"GIB", 1 << 30}, {"MIB", 1 << 20}, {"KIB", 1 << 10},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1},
	{"T", 1e12}, {"G", 1e9}, {"M", 1e6}, {"K", 1e3}, {"", 1},
}

// String is the size in the largest unit of a thousand that it has one of.
func (b *byteValue) String() string {
	for _, u := range byteUnits {
		if !strings.HasSuffix(u.name, "IB") && float64(*b) >= u.size {
			return strconv.FormatFloat(math.Round(100*float64(*b)/u.size)/100, 'f', -1, 64) + u.name
		}
	}
	return "0"
}

// Type is pflag.Value's.
func (b *byteValue) Type() string { return "bytes" }

// Set takes a number, and a unit or none.
func (b *byteValue) Set(text string) error {
	number, size := strings.ToUpper(strings.ReplaceAll(text, " ", "")), 1.0
	for _, u := range byteUnits {
		if rest, ok := strings.CutSuffix(number, u.name); ok {
			number, size = rest, u.size
			break
		}
	}
	x, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return errors.New("write a size, such as 500MB or 10GB")
	}
	if x *= size; !(x >= 0 && x < math.MaxInt64) {
		return errors.New("write a size from 0 to 9,000,000 TB")
	}
	*b = byteValue(x)
	return nil
}
