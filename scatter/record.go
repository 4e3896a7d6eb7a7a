package scatter

import (
	"bytes"
	"strconv"

	"okazaki"
)

// Every span costs a verdict, and a verdict on a small part is the one record
// that is written and read for each. Both are done here without reflection;
// the bytes are what encoding/json would write.

// A partHeader is the header of such a verdict, around its values.
var partHeader = [...]string{
	`{"kind":"part","nonce":"`, `","at":{"lo":`, `,"hi":`, `},"part":{"size":`, `},"spent":`, `}`,
}

// plain says that v is a part verdict that is inline and has no calls.
func (v *verdict) plain() bool {
	return v.Kind == partVerdict && v.Split == nil && v.Reason == "" && v.Calls == okazaki.Calls{} &&
		v.Part != nil && v.Part.Blob == "" && isPlain(v.Nonce)
}

// encode writes the verdict's record.
func (v *verdict) encode() []byte {
	if !v.plain() {
		return encode(v, v.Part)
	}
	return v.appendPlain(make([]byte, 0, 128+len(v.Part.data)))
}

// isPlain says that s is the same in JSON.
func isPlain[T string | []byte](s T) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') && c != '.' && c != '-' {
			return false
		}
	}
	return true
}

// appendPlain writes the record of a plain verdict.
func (v *verdict) appendPlain(b []byte) []byte {
	b = append(append(b, partHeader[0]...), v.Nonce...)
	for i, n := range [...]int64{v.At.Lo, v.At.Hi, v.Part.Size, int64(v.Spent)} {
		b = strconv.AppendInt(append(b, partHeader[i+1]...), n, 10)
	}
	b = append(append(b, partHeader[5]...), '\n')
	return append(b, v.Part.data...)
}

// readPlain reads what appendPlain wrote, and returns the bytes behind the
// header. It returns false for any other record.
func readPlain(b []byte) (*verdict, []byte, bool) {
	rest, ok := bytes.CutPrefix(b, []byte(partHeader[0]))
	end := bytes.IndexByte(rest, '"')
	if !ok || end < 0 || !isPlain(rest[:end]) {
		return nil, nil, false
	}
	nonce := rest[:end]
	rest = rest[end:]
	var ns [4]int64
	for i := range ns {
		if rest, ok = bytes.CutPrefix(rest, []byte(partHeader[i+1])); ok {
			ns[i], rest, ok = cutInt(rest)
		}
		if !ok {
			return nil, nil, false
		}
	}
	if rest, ok = bytes.CutPrefix(rest, []byte(partHeader[5]+"\n")); !ok {
		return nil, nil, false
	}
	v := &verdict{Kind: partVerdict, Nonce: string(nonce), At: okazaki.Span{Lo: ns[0], Hi: ns[1]}, Part: &part{Size: ns[2]}, Spent: okazaki.MBms(ns[3])}
	return v, rest, true
}

// cutInt reads a number of up to 18 digits, as JSON has it.
func cutInt(b []byte) (n int64, rest []byte, ok bool) {
	i := 0
	for ; i < len(b) && i < 19 && b[i] >= '0' && b[i] <= '9'; i++ {
		n = 10*n + int64(b[i]-'0')
	}
	return n, b[i:], i > 0 && i < 19 && (b[0] != '0' || i == 1)
}
