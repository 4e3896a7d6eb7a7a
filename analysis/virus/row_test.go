package virus

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// TestSafeText reads back what is written of any bytes, which is text without
// the bytes that part a table or drive a terminal.
func TestSafeText(t *testing.T) {
	for text, want := range map[string]string{
		"hCoV-19/Côte d'Ivoire/1":   "hCoV-19/Côte d'Ivoire/1",
		`a\b`:                       `a\\b`,
		"a\tb\x1b[2J\x7f":           `a\x09b\x1b[2J\x7f`,
		"\xc3|\u009b|\u202e|\ufffd": `\xc3|\xc2\x9b|\xe2\x80\xae|` + "\ufffd",
	} {
		if got := string(appendSafe(nil, text)); got != want {
			t.Errorf("%q is written %q, want %q", text, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		safe := appendSafe(nil, text)
		if back := string(unsafeText(safe)); back != text {
			t.Fatalf("%q is read back as %q", text, back)
		}
		if !utf8.Valid(safe) || strings.ContainsFunc(string(safe), func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("%q is written %q", text, safe)
		}
	})
}
