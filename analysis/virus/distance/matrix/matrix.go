// Package matrix writes all distances of a set, a genome a row.
//
// Its one invariant: rows and columns are all genomes in the order in which
// they were added, and no more than some rows are held in memory.
package matrix

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"okazaki/analysis/virus/distance"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// TSV writes the table that snp-dists -b writes: an empty cell and the names,
// then a line a genome with its name and its distances. White space in names
// becomes '_'.
func TSV(ctx context.Context, w io.Writer, s *distance.Set, names []string) error {
	t, err := newText(w, s, names)
	if err != nil {
		return err
	}
	for _, n := range t.names {
		t.line = append(append(t.line, '\t'), n...)
	}
	t.end()
	return t.rows(ctx, s, '\t')
}

// PHYLIP writes a square matrix in relaxed PHYLIP: the number of genomes, then
// a line a genome with its name and its distances, separated by spaces. White
// space in names becomes '_'; names are as long as they are.
// https://phylipweb.github.io/phylip/doc/distance.html
func PHYLIP(ctx context.Context, w io.Writer, s *distance.Set, names []string) error {
	t, err := newText(w, s, names)
	if err != nil {
		return err
	}
	t.line = strconv.AppendInt(t.line, int64(s.Len()), 10)
	t.end()
	return t.rows(ctx, s, ' ')
}

// text writes lines. Of its errors the first is kept.
type text struct {
	w     *bufio.Writer
	names []string
	line  []byte
	err   error
}

func newText(w io.Writer, s *distance.Set, names []string) (*text, error) {
	if err := check(s, names); err != nil {
		return nil, err
	}
	t := &text{w: bufio.NewWriterSize(w, 1<<16), names: make([]string, len(names))}
	for i, n := range names {
		t.names[i] = strings.Join(strings.Fields(n), "_")
	}
	return t, nil
}

func check(s *distance.Set, names []string) error {
	if len(names) != s.Len() {
		return fmt.Errorf("%d names of %d genomes", len(names), s.Len())
	}
	return nil
}

func (t *text) rows(ctx context.Context, s *distance.Set, separator byte) error {
	err := s.Rows(ctx, func(genome int, distances []int32) bool {
		t.line = append(t.line, t.names[genome]...)
		for _, d := range distances {
			t.line = strconv.AppendInt(append(t.line, separator), int64(d), 10)
		}
		t.end()
		return t.err == nil
	})
	if err != nil {
		return err
	}
	if t.err != nil {
		return t.err
	}
	return t.w.Flush()
}

func (t *text) end() {
	if _, err := t.w.Write(append(t.line, '\n')); t.err == nil {
		t.err = err
	}
	t.line = t.line[:0]
}

// A Row is a line of the Parquet table: a genome's name, and its distances to
// all genomes in the order of the rows.
type Row struct {
	Name      string  `parquet:"name"`
	Distances []int32 `parquet:"distances,list"`
}

// groupValues is about how many distances a row group of Parquet holds.
const groupValues = 4 << 20

// Parquet writes a table of Rows, compressed with zstd. A row group, of some
// four million distances or one row, is held in memory.
func Parquet(ctx context.Context, w io.Writer, s *distance.Set, names []string) error {
	if err := check(s, names); err != nil {
		return err
	}
	out := parquet.NewGenericWriter[Row](w, parquet.Compression(&zstd.Codec{}))
	values := 0
	var failed error
	err := s.Rows(ctx, func(genome int, distances []int32) bool {
		if _, failed = out.Write([]Row{{names[genome], distances}}); failed != nil {
			return false
		}
		if values += len(distances); values >= groupValues {
			values = 0
			failed = out.Flush()
		}
		return failed == nil
	})
	if err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	return out.Close()
}
