package known

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const vcfStart = "##fileformat=VCF"

// fixed are the columns of a VCF that are fields as those of INFO are.
var fixed = []string{"ID", "QUAL", "FILTER"}

// A vcfTable is what a table knows of a VCF.
type vcfTable struct {
	info  map[string]int // slots by key of INFO
	plain [len3]int      // slots of fixed; -1: not wanted
}

const len3 = 3

// openVCF reads the header up to its last line.
func (t *table) openVCF() error {
	t.vcf = &vcfTable{}
	t.assembly.Lengths = map[string]int{}
	t.columns = []column0{{name: "ID", op: Self}, {name: "QUAL", kind: Number, op: Self}, {name: "FILTER", kind: Code, op: Self}}
	for {
		line, err := t.in.next()
		if err != nil {
			return t.in.fail("the VCF ends within its header", "copy or download the file again")
		}
		text := string(line)
		switch key, value, _ := strings.Cut(strings.TrimPrefix(text, "##"), "="); {
		case strings.HasPrefix(text, "#CHROM"):
			return nil
		case !strings.HasPrefix(text, "##"):
			return t.in.fail("the header has no line that begins with #CHROM", "is this a VCF?")
		case key == "reference":
			t.assembly.Name = first(AssemblyOf(value), t.assembly.Name)
		case key == "fileDate":
			t.version = value
		case key == "contig":
			t.contig(value)
		case key == "INFO":
			t.infoLine(value)
		}
	}
}

func (t *table) contig(value string) {
	name := attribute(value, "ID")
	if name == "" || slices.Contains(t.contigs, name) {
		return
	}
	t.contigs = append(t.contigs, name)
	if n, err := strconv.ParseUint(attribute(value, "length"), 10, 31); err == nil && n > 0 {
		t.assembly.Lengths[name] = int(n)
	}
	t.assembly.Name = first(t.assembly.Name, AssemblyOf(attribute(value, "assembly")))
}

func (t *table) infoLine(value string) {
	c := column0{name: attribute(value, "ID"), op: Self, description: attribute(value, "Description")}
	switch attribute(value, "Type") {
	case "Integer", "Float":
		c.kind = Number
	case "Flag":
		c.op = Flag
	}
	switch n := attribute(value, "Number"); n {
	case "A", "R":
		c.number = n[0]
	}
	if c.name != "" && !t.has(c.name) {
		t.columns = append(t.columns, c)
	}
}

// attribute is one of a structured header line, <ID=AF,Number=A,Description="…">.
func attribute(line, name string) string {
	line = strings.TrimSuffix(strings.TrimPrefix(line, "<"), ">")
	for line != "" {
		key, rest, ok := strings.Cut(line, "=")
		if !ok {
			return ""
		}
		var value string
		if strings.HasPrefix(rest, `"`) {
			end := 1
			for end < len(rest) && rest[end] != '"' {
				if rest[end] == '\\' {
					end++
				}
				end++
			}
			value, line = rest[1:min(end, len(rest))], strings.TrimPrefix(rest[min(end+1, len(rest)):], ",")
		} else {
			value, line, _ = strings.Cut(rest, ",")
		}
		if key == name {
			return value
		}
	}
	return ""
}

// nextVCF is the next record.
func (t *table) nextVCF() (*entry, error) {
	line, err := t.in.next()
	if err != nil {
		return nil, err
	}
	if t.vcf.info == nil {
		t.wanted()
	}
	t.cells = splitTabs(t.cells[:0], line)
	if len(t.cells) < 8 {
		return nil, t.in.fail(fmt.Sprintf("the record has %d columns of at least 8", len(t.cells)), "separate columns by tabs")
	}
	e := &t.e
	*e = entry{contig: t.cells[0], ref: t.cells[3], values: e.values[:0], alts: e.alts[:0], line: t.in.line}
	if e.pos, err = t.position(t.cells[1], 0); err != nil {
		return nil, err
	}
	e.pos-- // a telomere's POS is 0
	for alt := range bytes.SplitSeq(t.cells[4], []byte{','}) {
		e.alts = append(e.alts, alt)
	}
	for range t.slots {
		e.values = append(e.values, nil)
	}
	for i, slot := range t.vcf.plain {
		if slot >= 0 {
			e.values[slot] = given(t.cells[[]int{2, 5, 6}[i]])
		}
	}
	t.split(e, t.cells[7])
	return e, nil
}

// wanted finds out which keys of INFO have slots.
func (t *table) wanted() {
	t.vcf.info = map[string]int{}
	for i := range t.vcf.plain {
		t.vcf.plain[i] = slices.Index(t.slots, i)
	}
	for slot, i := range t.slots {
		if i >= len3 {
			t.vcf.info[t.columns[i].name] = slot
		}
	}
}

// split fills the slots from a record's INFO.
func (t *table) split(e *entry, info []byte) {
	for len(info) > 0 {
		one := info
		if i := bytes.IndexByte(info, ';'); i >= 0 {
			one, info = info[:i], info[i+1:]
		} else {
			info = nil
		}
		key, value, ok := one, []byte("1"), false
		if i := bytes.IndexByte(one, '='); i >= 0 {
			key, value, ok = one[:i], one[i+1:], true
		}
		if slot, wanted := t.vcf.info[string(key)]; wanted && (!ok || e.values[slot] == nil) {
			e.values[slot] = given(value)
		}
	}
}
