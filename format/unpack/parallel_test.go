package unpack

import (
	"bytes"
	"fmt"
	"okazaki/internal/filetest"
	"testing"
)

// Blocks that are inflated in parallel are the bytes that a Reader returns
// otherwise: for whole files, damaged ones, and ones that go on in another
// way; wherever it is parked.
func TestParallel(t *testing.T) {
	zeros := make([]byte, 100)
	for _, toy := range toys {
		if toy.name == "toy.window27.zst" { // each decoder takes 128 MiB
			continue
		}
		t.Run(toy.name, func(t *testing.T) {
			b := load(t, toy.name)
			damaged := bytes.Clone(b)
			damaged[len(b)/3] ^= 0x55
			for name, b := range map[string][]byte{
				"whole": b, "damaged": damaged, "cut": b[:len(b)*2/3], "without its end": b[:len(b)-28], "padded": append(bytes.Clone(b), zeros...),
				"cut and padded": append(bytes.Clone(b[:len(b)-28]), zeros...), "twice": append(bytes.Clone(b), b...),
				"with gzip": append(bytes.Clone(b), load(t, "toy.one.gz")...),
			} {
				z, err := Open("f", filetest.Memory(b))
				if err != nil {
					t.Fatal(err)
				}
				want, at, wrong := members(z)
				if z, err = Open("f", filetest.Memory(b)); err != nil {
					t.Fatal(err)
				}
				defer z.Close()
				z.Parallel(3)
				got, through, err := members(z)
				if !bytes.Equal(got, want) || fmt.Sprint(through, err) != fmt.Sprint(at, wrong) {
					t.Errorf("%s: %d bytes of %d, members %v of %v, %v for %v", name, len(got), len(want), through, at, err, wrong)
				}
				for _, m := range at {
					y, err := OpenAt("f", filetest.Memory(b), z.Codec(), m)
					if err != nil {
						t.Fatal(err)
					}
					defer y.Close()
					y.Parallel(3)
					if err := z.Restart(m); err != nil {
						t.Fatal(err)
					}
					for _, z := range []*Reader{z, y} {
						first := make([]byte, 1<<16)
						n, _ := z.Read(first)
						z.Park()
						got, _, err := members(z)
						if got = append(first[:n], got...); !bytes.Equal(got, want[m.Plain:]) || fmt.Sprint(err) != fmt.Sprint(wrong) {
							t.Errorf("%s: from member %v %d bytes of %d, %v for %v", name, m, len(got), len(want), err, wrong)
						}
					}
				}
			}
		})
	}
}
