package guide

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"okazaki"
	"okazaki/analysis/analysistest"
	"okazaki/internal/filetest"
)

// TestADamagedIndexAnswersNothingWrong changes a byte of an index, at many
// places: the answer is the same, or one error.
func TestADamagedIndexAnswersNothingWrong(t *testing.T) {
	x := newExample()
	whole := x.index(t, "NRG,NGA", 20)
	index := bytes.Clone(whole)
	in := func(role string, b []byte) analysistest.Input {
		return analysistest.Input{Role: role, Name: role, Bytes: b}
	}
	questions := []struct {
		params string
		inputs []analysistest.Input
	}{
		{`{"k": 3}`, []analysistest.Input{in("guides", x.list())}},
		{`{"k": 2, "pam": "NGG", "hits": "h.tsv"}`, []analysistest.Input{in("guides", x.list())}},
		{`{"k": 1, "rna-bulges": 1, "hits": "h.tsv"}`, []analysistest.Input{in("guides", x.list())}},
		{`{"k": 1, "target": "chr2:1-300"}`, []analysistest.Input{in("vcf", x.vcf())}},
	}
	ask := func(i int) (map[string][]byte, error) {
		return analysistest.Ask(context.Background(), Analysis, questions[i].params, append(questions[i].inputs, in("index", index)), 0)
	}
	var want []map[string][]byte
	for i := range questions {
		out, err := ask(i)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, out)
	}
	r := rand.New(rand.NewPCG(3, 4))
	refused := 0
	for at := r.IntN(200); at < len(index); at += 1 + r.IntN(len(index)/400) {
		i := r.IntN(len(questions))
		index[at] ^= 1 << r.IntN(8)
		out, err := ask(i)
		e, mendable := errors.AsType[*okazaki.Error](err)
		switch {
		case mendable && e.File == "index":
			refused++
		case err != nil:
			t.Fatalf("byte %d changed, question %d: %v", at, i, err)
		}
		for name := range out {
			if !bytes.Equal(out[name], want[i][name]) {
				t.Fatalf("byte %d changed: question %d has another %s", at, i, name)
			}
		}
		if opened, err := OpenIndex("index", filetest.Memory(index)); err == nil {
			if err := opened.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "index: the index is damaged: another checksum at byte") {
				t.Errorf("byte %d changed, but the check says %v", at, err)
			}
		}
		index[at] = whole[at]
	}
	if refused < 100 {
		t.Errorf("only %d questions met the damage", refused)
	}
	if opened, err := OpenIndex("index", filetest.Memory(whole)); err != nil || opened.Check(t.Context()) != nil {
		t.Error("the whole index is refused")
	}
}
