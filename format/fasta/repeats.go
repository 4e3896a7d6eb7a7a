package fasta

import (
	"sort"
	"strconv"
	"strings"

	"okazaki/format/unpack"
	"okazaki/format/wire"
)

// A repeat is a record with the name of an earlier one, and the number that
// tells it from the earlier ones.
type repeat struct{ record, number int64 }

// Number returns 0 for a record, counted through all sources, whose name was
// not there before. For others it returns 2 or more, chosen so that no other
// record is named by the name, an underscore and the number. The index must
// be made with the option Number.
func (x *Index) Number(record int64) int64 {
	i := sort.Search(len(x.repeats), func(i int) bool { return x.repeats[i].record >= record })
	if i < len(x.repeats) && x.repeats[i].record == record {
		return x.repeats[i].number
	}
	return 0
}

// Repeats is how many records have the name of an earlier one.
func (x *Index) Repeats() int { return len(x.repeats) }

// Numbered is a name with its number.
func Numbered(name string, number int64) string {
	if number == 0 {
		return name
	}
	return name + "_" + strconv.FormatInt(number, 10)
}

// number goes through all records once more if some names may be there
// twice, for two names may have one hash.
func (b *builder) number() error {
	if len(b.again) == 0 {
		return nil
	}
	type use struct {
		record int64
		name   string
	}
	var uses []use
	taken := map[string]bool{} // names that a number could make of another
	ordinal := int64(0)
	for i, src := range b.sources {
		err := b.names(src, b.x.files[i].records, func(name string) {
			if b.again[name] {
				uses = append(uses, use{ordinal, name})
			}
			if k := strings.LastIndexByte(name, '_'); k >= 0 && b.again[name[:k]] {
				taken[name] = true
			}
			ordinal++
		})
		if err != nil {
			return err
		}
	}
	last := map[string]int64{}
	for _, u := range uses {
		n, before := last[u.name]
		if !before {
			last[u.name] = 1
			continue
		}
		for n++; taken[Numbered(u.name, n)]; {
			n++
		}
		last[u.name] = n
		b.x.repeats = append(b.x.repeats, repeat{u.record, n})
	}
	return nil
}

// names calls each with the names of a source's records.
func (b *builder) names(src Source, records int64, each func(name string)) error {
	in, err := unpack.Open(src.Name, src.File)
	if err != nil {
		return err
	}
	s := newScanner(src.Name, in)
	defer s.close()
	s.lenient = b.opt.AllowUnnamed
	for range records {
		if err := b.ctx.Err(); err != nil {
			return err
		}
		if err := s.start(); err != nil {
			return err
		}
		if err := s.header(); err != nil {
			return err
		}
		each(string(b.nameOf(s.head)))
		if err := s.body(skip); err != nil {
			return err
		}
	}
	return nil
}

func (x *Index) appendRepeats(b []byte) []byte {
	b = wire.AppendUvarint(b, len(x.repeats))
	last := int64(0)
	for _, r := range x.repeats {
		b = wire.AppendUvarint(b, r.record-last)
		b = wire.AppendUvarint(b, r.number)
		last = r.record
	}
	return b
}

func (d *decoder) repeats(x *Index) {
	n := d.Count(2)
	x.repeats = make([]repeat, 0, n)
	last := int64(0)
	for range n {
		r := repeat{last + d.int(), d.int()}
		if r.record <= last || r.record >= d.records || r.number < 2 {
			d.Fail(errContradiction)
			return
		}
		last = r.record
		x.repeats = append(x.repeats, r)
	}
}
