package table

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"okazaki"
)

// A parquetTable is an Apache Parquet file. Each column is optional; one that
// is not known is null. The file's metadata has the columns with their units
// under "okazaki.columns", and what is about the table under "okazaki.about".
type parquetTable struct {
	w io.Writer

	columns []okazaki.Column
	out     *parquet.GenericWriter[any]
	line    parquet.Row
	rows    []parquet.Row
	held    int // bytes of text in the row group
}

const (
	groupRows  = 1 << 17  // of a row group at most
	groupBytes = 64 << 20 // of its texts
)

// A parquetColumn is what the metadata says about a column.
type parquetColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Unit string `json:"unit,omitempty"`
}

func (t *parquetTable) begin(about []string, columns []okazaki.Column) error {
	t.columns = columns
	group := ordered{Group: parquet.Group{}}
	var described []parquetColumn
	for _, c := range columns {
		if group.Group[c.Name] != nil {
			return fmt.Errorf("two columns of the table are named %s", c.Name)
		}
		leaf, name := leafOf(c.Kind)
		group.Group[c.Name] = parquet.Optional(leaf)
		group.names = append(group.names, c.Name)
		described = append(described, parquetColumn{c.Name, name, c.Unit})
	}
	units, err := json.Marshal(described)
	if err != nil {
		return err
	}
	options := []parquet.WriterOption{
		parquet.MaxRowsPerRowGroup(groupRows),
		parquet.NewSchema("table", group), parquet.Compression(&zstd.Codec{}),
		parquet.KeyValueMetadata("okazaki.columns", string(units)),
	}
	if len(about) > 0 {
		lines, err := json.Marshal(about)
		if err != nil {
			return err
		}
		options = append(options, parquet.KeyValueMetadata("okazaki.about", string(lines)))
	}
	t.out = parquet.NewGenericWriter[any](t.w, options...)
	return nil
}

func leafOf(kind okazaki.Kind) (parquet.Node, string) {
	switch kind {
	case okazaki.IntParam:
		return parquet.Int(64), "integer"
	case okazaki.FloatParam:
		return parquet.Leaf(parquet.DoubleType), "number"
	case okazaki.BoolParam:
		return parquet.Leaf(parquet.BooleanType), "boolean"
	}
	return parquet.String(), "text"
}

func (t *parquetTable) row(values []value) error {
	t.line = t.line[:0]
	for i := range values {
		v := &values[i]
		cell := parquet.NullValue().Level(0, 0, i)
		if v.known {
			cell = v.parquet(t.columns[i].Kind).Level(0, 1, i)
		}
		t.line = append(t.line, cell)
		t.held += len(v.text)
	}
	t.rows = append(t.rows[:0], t.line)
	if _, err := t.out.WriteRows(t.rows); err != nil {
		return err
	}
	if t.held >= groupBytes {
		t.held = 0
		return t.out.Flush()
	}
	return nil
}

func (v *value) parquet(kind okazaki.Kind) parquet.Value {
	switch kind {
	case okazaki.IntParam:
		return parquet.Int64Value(v.n)
	case okazaki.FloatParam:
		return parquet.DoubleValue(v.f)
	case okazaki.BoolParam:
		return parquet.BooleanValue(v.b)
	}
	return parquet.ByteArrayValue(v.text)
}

func (t *parquetTable) end() error { return t.out.Close() }

// ordered is a group whose fields keep the order of the table's columns.
type ordered struct {
	parquet.Group
	names []string
}

// Fields is parquet.Node's.
func (o ordered) Fields() []parquet.Field {
	byName := map[string]parquet.Field{}
	for _, f := range o.Group.Fields() {
		byName[f.Name()] = f
	}
	fields := make([]parquet.Field, len(o.names))
	for i, name := range o.names {
		fields[i] = byName[name]
	}
	return fields
}
