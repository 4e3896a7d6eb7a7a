package fingerprint

import (
	"bufio"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"

	"okazaki"
)

// A Signature is a sketch as sourmash keeps it: FracMinHash of DNA, format
// 0.4 (Pierce et al. 2019, F1000Research 8:1006).
type Signature struct {
	Name     string
	Filename string
	K        int
	MaxHash  uint64   // the largest hash that is kept
	Hashes   []uint64 // ascending, each once
}

// Signature returns the sketch of a fingerprint as a signature, which shares
// its memory.
func (r *Reference) Signature(name, filename string, f *Fingerprint) *Signature {
	return &Signature{name, filename, r.params.Sketch, r.maxHash, f.Sketch}
}

// MD5 returns the digest by which sourmash knows a sketch: of k and the hashes,
// in decimal, without anything between.
func (s *Signature) MD5() string {
	b := strconv.AppendInt(nil, int64(s.K), 10)
	for _, h := range s.Hashes {
		b = strconv.AppendUint(b, h, 10)
	}
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

// The fields of a signature file that matter here, in sourmash's order.
type (
	jsonSignature struct {
		Class        string       `json:"class"`
		Email        string       `json:"email"`
		HashFunction string       `json:"hash_function"`
		Filename     string       `json:"filename"`
		Name         string       `json:"name,omitempty"`
		License      string       `json:"license"`
		Signatures   []jsonSketch `json:"signatures"`
		Version      float64      `json:"version"`
	}
	jsonSketch struct {
		Num      uint64   `json:"num"`
		K        int      `json:"ksize"`
		Seed     uint64   `json:"seed"`
		MaxHash  uint64   `json:"max_hash"`
		Mins     []uint64 `json:"mins"`
		MD5      string   `json:"md5sum"`
		Molecule string   `json:"molecule"`
	}
)

// WriteSignatures writes a signature file.
func WriteSignatures(w io.Writer, all iter.Seq[*Signature]) error {
	b := bufio.NewWriter(w)
	sep := byte('[')
	for s := range all {
		b.WriteByte(sep)
		sep = ','
		mins := s.Hashes
		if mins == nil {
			mins = []uint64{}
		}
		text, err := json.Marshal(jsonSignature{Class: "sourmash_signature", HashFunction: "0.murmur64", Filename: s.Filename, Name: s.Name, License: "CC0",
			Signatures: []jsonSketch{{K: s.K, Seed: seed, MaxHash: s.MaxHash, Mins: mins, MD5: s.MD5(), Molecule: "dna"}}, Version: 0.4})
		if err != nil {
			return err
		}
		b.Write(text)
	}
	if sep == '[' {
		b.WriteByte('[')
	}
	b.WriteString("]\n")
	return b.Flush()
}

// ReadSignatures reads a signature file, and checks the digests. Sketches that
// are not FracMinHash of DNA with sourmash's seed are left out. name is the
// file's name in errors, which are *okazaki.Error.
func ReadSignatures(name string, r io.Reader) ([]Signature, error) {
	wrong := func(err error, record, format string, args ...any) error {
		return &okazaki.Error{File: name, Record: record, Message: fmt.Sprintf(format, args...),
			Hint: "give a signature file of sourmash, not compressed", Err: err}
	}
	var file []jsonSignature
	d := json.NewDecoder(r)
	if err := d.Decode(&file); err != nil {
		return nil, wrong(err, "", "it is not a list of signatures: %v", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, wrong(nil, "", "there is more after the list of signatures")
	}
	var all []Signature
	for _, f := range file {
		if f.Class != "sourmash_signature" {
			return nil, wrong(nil, f.Name, "its class is %q", f.Class)
		}
		for _, k := range f.Signatures {
			if k.Num != 0 || k.Seed != seed || k.MaxHash == 0 || k.Molecule != "dna" && k.Molecule != "DNA" {
				continue
			}
			s := Signature{f.Name, f.Filename, k.K, k.MaxHash, k.Mins}
			last := len(k.Mins) - 1
			switch {
			case !slices.IsSorted(k.Mins) || len(slices.Compact(slices.Clone(k.Mins))) <= last:
				return nil, wrong(nil, f.Name, "its hashes are not ascending")
			case last >= 0 && k.Mins[last] > k.MaxHash:
				return nil, wrong(nil, f.Name, "the hash %d is more than max_hash", k.Mins[last])
			case s.MD5() != k.MD5:
				return nil, wrong(nil, f.Name, "md5sum is %q, of its hashes %s", k.MD5, s.MD5())
			}
			all = append(all, s)
		}
	}
	return all, nil
}

// Common returns the number of hashes that two sketches share. Both are
// ascending.
func Common(a, b []uint64) (n int) {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case b[0] < a[0]:
			b = b[1:]
		default:
			n++
			a, b = a[1:], b[1:]
		}
	}
	return n
}
