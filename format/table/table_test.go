package table_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"okazaki"
	"okazaki/format/table"
	"okazaki/format/unpack"
)

var columns = []okazaki.Column{
	{Name: "position", Kind: okazaki.IntParam, Unit: "bases, from 1"},
	{Name: "frequency", Kind: okazaki.FloatParam},
	{Name: "own", Kind: okazaki.BoolParam},
}

const lines = "## made of a, b\n# and \"c\"\nname\tposition\tfrequency\town\tnote\n" +
	"x\t17\t0.25\ttrue\ta, \"b\"\n" +
	"#y\tNA\t.\t\tNA\n" +
	"\t-3\t1e-9\tfalse\t\n"

// write writes text in a format, in small pieces.
func write(t rapid.TB, format, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := table.NewWriter(&b, format, columns)
	_, err := io.Copy(w, struct{ io.Reader }{iotest.HalfReader(strings.NewReader(text))})
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return b.Bytes()
}

func TestTextFormats(t *testing.T) {
	for format, want := range map[string]string{
		"tsv": lines,
		"tab": lines,
		"txt": lines,
		"csv": "# made of a, b\n# and \"c\"\nname,position,frequency,own,note\nx,17,0.25,true,\"a, \"\"b\"\"\"\n#y,NA,.,,NA\n,-3,1e-9,false,\n",
		"ndjson": `{"name":"x","position":17,"frequency":0.25,"own":true,"note":"a, \"b\""}` + "\n" +
			`{"name":"#y","position":null,"frequency":null,"own":null,"note":"NA"}` + "\n" +
			`{"name":"","position":-3,"frequency":1e-9,"own":false,"note":""}` + "\n",
		"json": "[\n" + `{"name":"x","position":17,"frequency":0.25,"own":true,"note":"a, \"b\""},` + "\n" +
			`{"name":"#y","position":null,"frequency":null,"own":null,"note":"NA"},` + "\n" +
			`{"name":"","position":-3,"frequency":1e-9,"own":false,"note":""}` + "\n]\n",
	} {
		if got := string(write(t, format, lines)); got != want {
			t.Errorf("%s is\n%s, want\n%s", format, got, want)
		}
	}
}

func TestParquet(t *testing.T) {
	b := write(t, "parquet", lines)
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range f.Schema().Columns() {
		names = append(names, strings.Join(c, "."))
	}
	if want := []string{"name", "position", "frequency", "own", "note"}; !reflect.DeepEqual(names, want) {
		t.Errorf("the columns are %q, want %q", names, want)
	}
	for key, want := range map[string]string{
		"okazaki.columns": `[{"name":"name","type":"text"},{"name":"position","type":"integer","unit":"bases, from 1"},{"name":"frequency","type":"number"},{"name":"own","type":"boolean"},{"name":"note","type":"text"}]`,
		"okazaki.about":   `["made of a, b","and \"c\""]`,
	} {
		if got, _ := f.Lookup(key); got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
	type row struct {
		Name      *string  `parquet:"name"`
		Position  *int64   `parquet:"position"`
		Frequency *float64 `parquet:"frequency"`
		Own       *bool    `parquet:"own"`
		Note      *string  `parquet:"note"`
	}
	rows, err := parquet.Read[row](bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"Name":"x","Position":17,"Frequency":0.25,"Own":true,"Note":"a, \"b\""},` +
		`{"Name":"#y","Position":null,"Frequency":null,"Own":null,"Note":"NA"},` +
		`{"Name":null,"Position":-3,"Frequency":1e-9,"Own":false,"Note":null}]`
	if string(got) != want {
		t.Errorf("the rows are\n%s, want\n%s", got, want)
	}
}

func TestTablesWithoutRows(t *testing.T) {
	for _, format := range table.Formats {
		for _, text := range []string{"", "# about\n", "name\tposition\n"} {
			b := write(t, format, text)
			if format == "json" && string(b) != "[\n]\n" {
				t.Errorf("%q as JSON is %q", text, b)
			}
		}
	}
}

func TestWrongTables(t *testing.T) {
	for text, want := range map[string]string{
		"position\n1\nx\n":    `line 3 of the table, column position: strconv.ParseInt: parsing "x": invalid syntax`,
		"position\n1.5\n":     "line 2 of the table, column position",
		"own\nyes\n":          "line 2 of the table, column own",
		"name\tposition\na\n": "line 2 of the table has 1 columns of 2",
		"name\na\tb\n":        "line 2 of the table has 2 columns of 1",
		"name\na":             "the table's last line has no end",
	} {
		for _, format := range []string{"csv", "json", "parquet"} {
			w := table.NewWriter(io.Discard, format, columns)
			_, err := io.WriteString(w, text)
			if closed := w.Close(); err == nil {
				err = closed
			}
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q as %s: %v, want %s", text, format, err, want)
			}
		}
	}
}

func TestTwoColumnsOfOneName(t *testing.T) {
	w := table.NewWriter(io.Discard, "parquet", columns)
	if _, err := io.WriteString(w, "name\tname\na\tb\n"); err == nil || !strings.Contains(err.Error(), "two columns of the table are named name") {
		t.Errorf("error %v", err)
	}
}

// However a table is cut, it is the same.
func TestAnyCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		format := rapid.SampledFrom(table.Formats).Draw(t, "format")
		var text strings.Builder
		text.WriteString("name\tposition\n")
		for _, n := range rapid.SliceOfN(rapid.IntRange(-9, 999), 0, 20).Draw(t, "positions") {
			text.WriteString(strings.Repeat("n", n&15) + "\t" + string(rune('0'+n&7)) + "\n")
		}
		want := write(t, format, text.String())
		var b bytes.Buffer
		w := table.NewWriter(&b, format, columns)
		for rest := text.String(); rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			if _, err := io.WriteString(w, rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), want) {
			t.Fatalf("in other pieces it is\n%s, want\n%s", b.Bytes(), want)
		}
	})
}

func TestArray(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "[\n]\n",
		"{\"a\":1}\n":      "[\n{\"a\":1}\n]\n",
		"{\"a\":1}\n{}\n":  "[\n{\"a\":1},\n{}\n]\n",
		"1\n22\n333\n44\n": "[\n1,\n22,\n333,\n44\n]\n",
	} {
		var b bytes.Buffer
		w := table.NewArray(&b)
		if _, err := io.Copy(w, struct{ io.Reader }{iotest.OneByteReader(strings.NewReader(text))}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if b.String() != want || !json.Valid(b.Bytes()) {
			t.Errorf("%q is %q, want %q", text, b.String(), want)
		}
	}
}

func TestCompress(t *testing.T) {
	for ending, codec := range map[string]unpack.Codec{"gz": unpack.BGZF, "bgz": unpack.BGZF, "zst": unpack.Zstd, "": unpack.Plain} {
		var b bytes.Buffer
		w, err := table.Compress(&b, ending)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, lines); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		packed := bytes.Clone(b.Bytes())
		r, err := unpack.NewReader("x", &b)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != lines || r.Codec() != codec {
			t.Errorf("%q: %v, %q, error %v", ending, r.Codec(), got, err)
		}
		var plain bytes.Buffer
		u := table.Unpack(&plain)
		if _, err := u.Write(packed); err != nil {
			t.Fatal(err)
		}
		if err := u.Close(); err != nil || plain.String() != lines {
			t.Errorf("%q: unpacked it is %q, error %v", ending, plain.String(), err)
		}
	}
}

// NA is text of a column of text, unless the column says that it is not known.
func TestNAOfText(t *testing.T) {
	var b bytes.Buffer
	w := table.NewWriter(&b, "ndjson", []okazaki.Column{{Name: "gene", NA: true}, {Name: "note"}})
	_, err := io.WriteString(w, "gene\tnote\nNA\tNA\nNAT2\t\n")
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	const want = `{"gene":null,"note":"NA"}` + "\n" + `{"gene":"NAT2","note":""}` + "\n"
	if b.String() != want {
		t.Errorf("%s, want %s", b.String(), want)
	}
}
