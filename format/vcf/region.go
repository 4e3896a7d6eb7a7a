package vcf

import (
	"bytes"
	"fmt"
	"io"
	"iter"

	"okazaki"
	"okazaki/format/bgzf"
	"okazaki/format/tabix"
)

// Region yields the records of a sorted BGZF file that overlap [lo, hi) of a
// contig, 0-based, found by the file's index; each valid until the next. The
// lines of its errors are not known.
func Region(name string, f okazaki.File, x *tabix.Index, contig string, lo, hi int) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		z := bgzf.NewReader(name, f, 1)
		defer z.Close()
		var rec Record
		for _, c := range x.Chunks(contig, lo, hi) {
			z.Limit(c.To)
			z.Seek(c.From)
			l := lines{name: name, r: z}
			for {
				line, err := l.next()
				if err == io.EOF {
					break
				}
				if err == nil {
					err = wrapped(name, rec.Parse(line))
				}
				if err != nil {
					yield(nil, err)
					return
				}
				if string(rec.Chrom) != contig || rec.Pos >= hi {
					break // of this chunk: the next may be of a contig that goes on
				}
				if rec.End() > lo && !yield(&rec, nil) {
					return
				}
			}
		}
	}
}

func wrapped(name string, err error) error {
	if err == nil {
		return nil
	}
	return LineError(name, 0, err)
}

// Index makes the index of a sorted BGZF file. What is wrong with the file,
// unsorted records too, is an *okazaki.Error.
func Index(name string, f okazaki.File) (*tabix.Builder, error) {
	z := bgzf.NewReader(name, f, 1)
	defer z.Close()
	var b tabix.Builder
	var rec Record
	var line []byte      // begun in an earlier block
	var from bgzf.Offset // of the line
	var number int64
	add := func(text []byte, to bgzf.Offset) error {
		number++
		if text = bytes.TrimSuffix(text, []byte("\n")); len(text) == 0 || text[0] == '#' {
			return nil
		}
		if err := rec.Parse(text); err != nil {
			return LineError(name, number, err)
		}
		if err := b.Add(rec.Chrom, rec.Pos, rec.End(), tabix.Chunk{From: from, To: to}); err != nil {
			return Unsorted(name, number, err)
		}
		return nil
	}
	block := make([]byte, bgzf.MaxBlock)
	for {
		at := z.Offset()
		n, err := z.Read(block)
		if err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		for rest := block[:n]; len(rest) > 0; {
			if len(line) == 0 {
				from = bgzf.At(at.Block(), at.Within()+n-len(rest))
			}
			i := bytes.IndexByte(rest, '\n')
			if i < 0 {
				if line = append(line, rest...); len(line) > MaxLine {
					return nil, TooLong(name, number+1)
				}
				break
			}
			line, rest = append(line, rest[:i+1]...), rest[i+1:]
			to := z.Offset()
			if len(rest) > 0 {
				to = bgzf.At(at.Block(), at.Within()+n-len(rest))
			}
			if err := add(line, to); err != nil {
				return nil, err
			}
			line = line[:0]
		}
	}
	if len(line) > 0 {
		if err := add(line, z.Offset()); err != nil {
			return nil, err
		}
	}
	return &b, nil
}

// Unsorted is the *okazaki.Error of a record that is not in its place.
func Unsorted(name string, line int64, err error) error {
	return &okazaki.Error{File: name, Line: line, Message: fmt.Sprintf("the records are not sorted: %v", err), Err: err,
		Hint: "sort the file with bcftools sort"}
}
