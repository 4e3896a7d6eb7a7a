package matrix_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"okazaki/analysis/virus/distance"
	"okazaki/analysis/virus/distance/matrix"

	"github.com/parquet-go/parquet-go"
)

// alignment reads a FASTA file whose sequences take a line each.
func alignment(t *testing.T) (names []string, rows [][]byte) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "alignment.fasta"))
	if err != nil {
		t.Fatal(err)
	}
	for record := range bytes.SplitSeq(b[1:], []byte("\n>")) {
		name, row, _ := bytes.Cut(record, []byte("\n"))
		names, rows = append(names, string(name)), append(rows, bytes.TrimSpace(row))
	}
	return names, rows
}

func set(t *testing.T) (*distance.Set, []string) {
	t.Helper()
	names, rows := alignment(t)
	b, err := distance.NewBuilder(len(rows[0]), distance.Options{Tile: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := b.AddAligned(rows[0], r); err != nil {
			t.Fatal(err)
		}
	}
	s, err := b.Set()
	if err != nil {
		t.Fatal(err)
	}
	return s, names
}

type writer func(context.Context, io.Writer, *distance.Set, []string) error

func TestText(t *testing.T) {
	s, names := set(t)
	for file, write := range map[string]writer{"matrix.tsv": matrix.TSV, "matrix.phylip": matrix.PHYLIP} {
		want, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := write(context.Background(), &got, s, names); err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", file, got.String(), want)
		}
	}
}

func TestParquet(t *testing.T) {
	s, names := set(t)
	var got bytes.Buffer
	if err := matrix.Parquet(context.Background(), &got, s, names); err != nil {
		t.Fatal(err)
	}
	rows, err := parquet.Read[matrix.Row](bytes.NewReader(got.Bytes()), int64(got.Len()))
	if err != nil || len(rows) != s.Len() {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	err = s.Rows(context.Background(), func(g int, distances []int32) bool {
		if rows[g].Name != names[g] || !slices.Equal(rows[g].Distances, distances) {
			t.Errorf("row %d is %v, want %s %v", g, rows[g], names[g], distances)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
}

var errFull = errors.New("the disk is full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestErrors(t *testing.T) {
	s, names := set(t)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for format, write := range map[string]writer{"TSV": matrix.TSV, "PHYLIP": matrix.PHYLIP, "Parquet": matrix.Parquet} {
		if err := write(context.Background(), full{}, s, names); !errors.Is(err, errFull) {
			t.Errorf("%s to a full disk: %v", format, err)
		}
		if err := write(context.Background(), io.Discard, s, names[1:]); err == nil {
			t.Errorf("%s with a name too few: no error", format)
		}
		if err := write(ended, io.Discard, s, names); !errors.Is(err, context.Canceled) {
			t.Errorf("%s after the end: %v", format, err)
		}
	}
}
