package scatter

import (
	"bytes"
	"reflect"
	"testing"

	"okazaki"
)

// A plain verdict is the bytes that encoding/json writes, and is read back.
func TestPlainVerdictIsJSON(t *testing.T) {
	for _, n := range []int64{0, 1, 9, 10, 12345678901234567, 999999999999999999, 1 << 62, -1} {
		for _, data := range []string{"", "x", "{}\n\"", "\n"} {
			v := &verdict{Kind: partVerdict, Nonce: "a0z-1.2.33", At: okazaki.Span{Lo: n, Hi: n}, Part: &part{Size: n, data: []byte(data)}, Spent: okazaki.MBms(n)}
			b := encode(v, v.Part)
			if !v.plain() || !bytes.Equal(v.appendPlain(nil), b) {
				t.Fatalf("%q, not %q", v.appendPlain(nil), b)
			}
			got, rest, ok := readPlain(b)
			if ok != (n >= 0 && n < 1e18) {
				t.Fatalf("%d is read: %v", n, ok)
			}
			if ok && (string(rest) != data || got.Nonce != v.Nonce || got.At != v.At || got.Spent != v.Spent || got.Part.Size != v.Part.Size) {
				t.Fatalf("%+v, %q", got, rest)
			}
		}
	}
}

// What readPlain reads, encoding/json reads alike.
func FuzzReadVerdict(f *testing.F) {
	v := &verdict{Kind: partVerdict, Nonce: "n.1", At: okazaki.Span{Lo: 3, Hi: 7}, Part: &part{Size: 2, data: []byte("ab")}, Spent: 12}
	f.Add(encode(v, v.Part))
	v.Part.Blob = "00"
	f.Add(encode(v, v.Part))
	f.Add(encode(&verdict{Kind: failVerdict, Reason: "none\n\""}, nil))
	f.Add([]byte(`{"kind":"part","nonce":"n","at":{"lo":03,"hi":7},"part":{"size":2},"spent":1}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, data, ok := readPlain(b)
		if !ok {
			return
		}
		var want verdict
		rest, err := decode(b, &want)
		if err != nil || !bytes.Equal(data, rest) || !reflect.DeepEqual(*got, want) {
			t.Errorf("%q is %+v, %q; encoding/json: %+v, %q, %v", b, got, data, want, rest, err)
		}
	})
}
