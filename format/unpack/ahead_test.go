package unpack

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
)

// aheadOf reads all of an Ahead, and parks it now and then.
func aheadOf(a *Ahead, rng *rand.Rand) (content []byte, at []Member, err error) {
	for {
		b, err := a.Next()
		if len(b) > 0 && (len(at) == 0 || at[len(at)-1] != a.Member()) {
			at = append(at, a.Member())
		}
		if rng.IntN(3) == 0 {
			a.Park()
		}
		content = append(content, b...)
		if err == io.EOF {
			return content, at, nil
		} else if err != nil {
			return content, at, err
		}
	}
}

// An Ahead answers what a Reader does, of whole files, damaged ones, and ones
// that go on in another way.
func TestAhead(t *testing.T) {
	zeros := make([]byte, 100)
	for _, toy := range toys {
		t.Run(toy.name, func(t *testing.T) {
			b := load(t, toy.name)
			damaged := bytes.Clone(b)
			damaged[len(b)/3] ^= 0x55
			files := map[string][]byte{
				"whole": b, "damaged": damaged, "cut": b[:len(b)*2/3], "without its end": b[:len(b)-28], "padded": append(bytes.Clone(b), zeros...),
				"cut and padded": append(bytes.Clone(b[:len(b)-28]), zeros...), "twice": append(bytes.Clone(b), b...),
				"with gzip": append(bytes.Clone(b), load(t, "toy.one.gz")...),
			}
			if toy.name == "toy.window27.zst" { // each decoder takes 128 MiB
				files = map[string][]byte{"whole": b}
			}
			for name, b := range files {
				z, err := Open("f", memory{bytes.NewReader(b)})
				if err != nil {
					t.Fatal(err)
				}
				want, at, wrong := members(z)
				rng := rand.New(rand.NewPCG(1, 2))
				if z, err = Open("f", memory{bytes.NewReader(b)}); err != nil {
					t.Fatal(err)
				}
				a := NewAhead(z)
				defer a.Close()
				got, through, err := aheadOf(a, rng)
				if !bytes.Equal(got, want) || fmt.Sprint(through, err) != fmt.Sprint(at, wrong) {
					t.Errorf("%s: %d bytes of %d, members %v of %v, %v for %v", name, len(got), len(want), through, at, err, wrong)
				}
				for _, m := range at {
					if err := a.Restart(m); err != nil {
						t.Fatal(err)
					}
					if got, _, err := aheadOf(a, rng); !bytes.Equal(got, want[m.Plain:]) || fmt.Sprint(err) != fmt.Sprint(wrong) {
						t.Errorf("%s: from member %v %d bytes of %d, %v for %v", name, m, len(got), len(want), err, wrong)
					}
				}
			}
		})
	}
}
