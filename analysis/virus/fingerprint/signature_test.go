package fingerprint

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"okazaki"
)

// TestSourmashsSignature reads a signature that sourmash wrote, and writes it
// again, byte by byte.
func TestSourmashsSignature(t *testing.T) {
	text, err := os.ReadFile("testdata/sourmash.sig")
	if err != nil {
		t.Fatal(err)
	}
	all, err := ReadSignatures("sourmash.sig", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 || all[0].K != 31 || all[0].MaxHash != MaxHash(10000) || len(all[0].Hashes) != 8 {
		t.Errorf("signatures %+v", all)
	}
	var again bytes.Buffer
	if err := WriteSignatures(&again, slices.Values([]*Signature{&all[0]})); err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(again.String()) != strings.TrimSpace(string(text)) {
		t.Errorf("written as %s", again.String())
	}
}

func TestWrongSignatures(t *testing.T) {
	const good = `{"class":"sourmash_signature","name":"x","signatures":[{"num":0,"ksize":21,"seed":42,"max_hash":100,"mins":[1,20],` +
		`"md5sum":"4df8c1f80e3d3d7aab72a3dbb7b2c3a3","molecule":"dna"}],"version":0.4}`
	for want, text := range map[string]string{
		"not a list of signatures": "{}",
		"more after":               "[][]",
		"its class is":             `[{"class":"other"}]`,
		"md5sum is":                "[" + good + "]",
		"are not ascending":        "[" + strings.Replace(good, "1,20", "20,20", 1) + "]",
		"is more than max_hash":    "[" + strings.Replace(good, "1,20", "1,200", 1) + "]",
		"unexpected EOF":           "[" + good,
	} {
		_, err := ReadSignatures("f", strings.NewReader(text))
		var mendable *okazaki.Error
		if !errors.As(err, &mendable) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	others, err := ReadSignatures("f", strings.NewReader("["+strings.Replace(good, `"dna"`, `"protein"`, 1)+"]"))
	if err != nil || len(others) > 0 {
		t.Errorf("protein: %v, %v", others, err)
	}
}

func FuzzReadSignatures(f *testing.F) {
	text, err := os.ReadFile("testdata/sourmash.sig")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("[]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := ReadSignatures("f", bytes.NewReader(text))
		if err != nil {
			return
		}
		var again bytes.Buffer
		var list []*Signature
		for i := range all {
			list = append(list, &all[i])
		}
		if err := WriteSignatures(&again, slices.Values(list)); err != nil {
			t.Fatal(err)
		}
		same, err := ReadSignatures("f", &again)
		if err != nil || len(same) != len(all) {
			t.Fatalf("%d signatures are read again as %d: %v", len(all), len(same), err)
		}
		for i := range all {
			if len(all[i].Hashes) > 0 && !reflect.DeepEqual(all[i].Hashes, same[i].Hashes) {
				t.Errorf("%v is read again as %v", all[i], same[i])
			}
		}
	})
}
