package known

import (
	"bytes"

	"okazaki/format/vcf"
)

const vcfStart = "##fileformat=VCF"

// fixed are the columns of a VCF that can be fields, as the keys of INFO can.
var fixed = [...]string{"ID", "QUAL", "FILTER"}

// A vcfTable is what a table knows about a VCF.
type vcfTable struct {
	*vcf.Reader
	info  map[string]int  // slots by key of INFO
	plain [len(fixed)]int // slots of fixed; -1: not wanted
}

// openVCF reads the header.
func (t *table) openVCF() error {
	r, err := vcf.NewReader(t.name, t.in.in)
	if err != nil {
		return err
	}
	t.vcf = &vcfTable{Reader: r}
	h := r.Header()
	t.version = h.Get("fileDate")
	t.assembly = Assembly{Name: AssemblyOf(h.Get("reference")), Lengths: map[string]int{}}
	for _, c := range h.Contigs {
		if t.assembly.Name = first(t.assembly.Name, AssemblyOf(c.Assembly)); c.Name != "" {
			t.contigs = append(t.contigs, c.Name)
			if c.Length > 0 {
				t.assembly.Lengths[c.Name] = c.Length
			}
		}
	}
	t.columns = []heading{{name: "ID", op: Self}, {name: "QUAL", kind: Number, op: Self}, {name: "FILTER", kind: Code, op: Self}}
	for i := range h.Meta {
		// In the order of the header, which its map doesn't keep.
		if f, ok := h.Info[h.Meta[i].Get("ID")]; ok && h.Meta[i].Key == "INFO" && !t.has(f.ID) {
			t.columns = append(t.columns, infoColumn(f))
		}
	}
	return nil
}

func infoColumn(f vcf.Field) heading {
	c := heading{name: f.ID, op: Self, description: f.Description}
	switch f.Type {
	case "Integer", "Float":
		c.kind = Number
	case "Flag":
		c.op = Flag
	}
	if f.Number == "A" || f.Number == "R" {
		c.number = f.Number[0]
	}
	return c
}

// nextVCF is the next record.
func (t *table) nextVCF() (*entry, error) {
	r, err := t.vcf.Read()
	if err != nil {
		return nil, err
	}
	if t.vcf.info == nil {
		t.wanted()
	}
	e := &t.e
	*e = entry{contig: r.Chrom, pos: r.Pos, ref: r.Ref, values: e.values[:0], alts: e.alts[:0], line: r.Line}
	if r.Pos >= maxPosition {
		return nil, vcf.LineError(t.name, r.Line, errFar)
	}
	for alt := range bytes.SplitSeq(r.Alt, []byte{','}) {
		e.alts = append(e.alts, alt)
	}
	for range t.slots {
		e.values = append(e.values, nil)
	}
	for i, v := range [len(fixed)][]byte{r.ID, r.Qual, r.Filter} {
		if slot := t.vcf.plain[i]; slot >= 0 {
			e.values[slot] = given(v)
		}
	}
	t.split(e, r.Info)
	return e, nil
}

// wanted finds out which keys of INFO have slots.
func (t *table) wanted() {
	t.vcf.info = map[string]int{}
	for i := range t.vcf.plain {
		t.vcf.plain[i] = -1
	}
	for slot, i := range t.slots {
		if i < len(fixed) {
			t.vcf.plain[i] = slot
		} else {
			t.vcf.info[t.columns[i].name] = slot
		}
	}
}

// split fills the slots from a record's INFO. If a key is there twice, the
// first value is taken.
func (t *table) split(e *entry, info []byte) {
	for len(info) > 0 {
		one := info
		if i := bytes.IndexByte(info, ';'); i >= 0 {
			one, info = info[:i], info[i+1:]
		} else {
			info = nil
		}
		key, value := one, []byte("1") // of a flag
		if i := bytes.IndexByte(one, '='); i >= 0 {
			key, value = one[:i], one[i+1:]
		}
		if slot, wanted := t.vcf.info[string(key)]; wanted && e.values[slot] == nil {
			e.values[slot] = given(value)
		}
	}
}
