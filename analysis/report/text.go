package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is the most characters of a text that a page shows.
const maxText = 300

// Clean is text as a page shows it: what is not printable in UTF-8 is written
// \x00 to \xff, or \u{202e}; of a long text the beginning, and how long it is. A
// value that is not a string is printed.
func Clean(value any) string {
	s, ok := value.(string)
	if !ok {
		s = fmt.Sprint(value)
	}
	var b strings.Builder
	shown := 0
	for at := 0; at < len(s); shown++ {
		if shown == maxText {
			fmt.Fprintf(&b, "… (%s characters)", Count(utf8.RuneCountInString(s)))
			break
		}
		r, n := utf8.DecodeRuneInString(s[at:])
		switch {
		case r == utf8.RuneError && n == 1, r < 0x80 && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\x%02x`, s[at])
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteString(s[at : at+n])
		}
		at += n
	}
	return b.String()
}

// Count is a whole number with a comma between thousands.
func Count[T int | int32 | int64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// Share is n of all in percent.
func Share[T int | int32 | int64](n, all T) string {
	if all == 0 {
		return ""
	}
	p := 100 * float64(n) / float64(all)
	switch {
	case n == 0:
		return "0 %"
	case p < 0.1:
		return "< 0.1 %"
	case p >= 99.95 && n < all:
		return "> 99.9 %"
	}
	return strconv.FormatFloat(p, 'f', 1, 64) + " %"
}

// coordinate is a number of a picture.
func coordinate(f float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
}
