package virus

import (
	"strings"
	"time"
)

// A dates is the range of days of a partial date, both ends included.
type dates struct{ from, to time.Time }

// append appends both days as columns, empty if they aren't known.
func (d dates) append(dst []byte) []byte {
	if d.from.IsZero() {
		return append(dst, '\t', '\t')
	}
	dst = d.from.AppendFormat(append(dst, '\t'), time.DateOnly)
	return d.to.AppendFormat(append(dst, '\t'), time.DateOnly)
}

// join returns the days from the first of both to the last.
func (d dates) join(o dates) dates {
	if d.from.IsZero() || !o.from.IsZero() && o.from.Before(d.from) {
		d.from = o.from
	}
	if o.to.After(d.to) {
		d.to = o.to
	}
	return d
}

// parseDate reads 2021-03-14 and partial dates: 2021-03-XX, 2021-03, 2021,
// 202X, 2021-XX-XX; 00 is unknown too. Two dates with a slash between them are
// an interval. It returns false for anything else.
func parseDate(s string) (dates, bool) {
	if a, b, ok := strings.Cut(s, "/"); ok {
		first, ok1 := parseDate(a)
		last, ok2 := parseDate(b)
		if !ok1 || !ok2 || last.to.Before(first.from) {
			return dates{}, false
		}
		return dates{first.from, last.to}, true
	}
	parts := strings.Split(strings.ToUpper(strings.TrimSpace(s)), "-")
	if len(parts) > 3 || len(parts[0]) != 4 {
		return dates{}, false
	}
	for len(parts) < 3 {
		parts = append(parts, "XX")
	}
	for i := range parts[1:] {
		if parts[1+i] == "00" {
			parts[1+i] = "XX"
		}
	}
	if strings.Contains(parts[1], "X") && !strings.Contains(parts[2], "X") {
		parts[2] = "XX" // a day of no month
	}
	lo, hi, ok := within(parts[0], 4, 1, 9999)
	if !ok {
		return dates{}, false
	}
	firstMonth, lastMonth, ok := within(parts[1], 2, 1, 12)
	if !ok {
		return dates{}, false
	}
	firstDay, _, ok1 := within(parts[2], 2, 1, daysIn(lo, firstMonth))
	_, lastDay, ok2 := within(parts[2], 2, 1, daysIn(hi, lastMonth))
	if !ok1 || !ok2 {
		return dates{}, false
	}
	day := func(year, month, day int) time.Time {
		return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	}
	return dates{day(lo, firstMonth, firstDay), day(hi, lastMonth, lastDay)}, true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// within returns the least and the greatest number from least to most that
// match a pattern of n digits, in which X stands for any digit.
func within(pattern string, n, least, most int) (lo, hi int, ok bool) {
	if len(pattern) != n {
		return 0, 0, false
	}
	for i := least; i <= most; i++ {
		digits, fits := i, true
		for k := n - 1; k >= 0 && fits; k-- {
			fits = pattern[k] == 'X' || int(pattern[k]-'0') == digits%10
			digits /= 10
		}
		if fits && !ok {
			lo, ok = i, true
		}
		if fits {
			hi = i
		}
	}
	return lo, hi, ok
}
