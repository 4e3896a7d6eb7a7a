package guide

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"okazaki/format/wire"
)

func (v *variantHit) append(b []byte) []byte {
	body := wire.AppendUvarint(nil, v.guide)
	body = wire.AppendBytes(append(body, byte(v.effect)), v.label)
	body = wire.AppendVarint(wire.AppendVarint(wire.AppendVarint(body, v.start), v.end), v.reference)
	body = wire.AppendUvarint(wire.AppendBytes(body, v.who.phase), v.who.count)
	body = wire.AppendBytes(wire.AppendBytes(wire.AppendBytes(body, v.who.samples), v.who.frequencies), v.who.populations)
	body = v.hit.append(body, map[int]bool{})
	return wire.AppendBytes(b, body)
}

// append writes the counts of a VCF: a record without a guide.
func (c *alleleCounts) append(b []byte) []byte {
	about, err := json.Marshal(c)
	if err != nil {
		panic(err) // it holds numbers and strings
	}
	body := append(wire.AppendUvarint(nil, 0), aboutVCF)
	body = append(body, about...)
	return wire.AppendBytes(b, body)
}

// aboutVCF stands in the place of an effect.
const aboutVCF = 255

// eachVariantHit calls f for each variant hit in r, and about for the counts of
// the VCF.
func eachVariantHit(r io.Reader, about func(*alleleCounts), f func(*variantHit) error) error {
	in := bufio.NewReader(r)
	var body []byte
	for {
		var err error
		if body, err = wire.ReadFrame(in, body, 1<<24); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("the records of variant hits: %w", err)
		}
		b := newReader(body)
		v := &variantHit{guide: int(b.Uvarint()), effect: effect(b.Byte())}
		if v.effect == aboutVCF {
			counts := &alleleCounts{}
			if err := json.Unmarshal(b.Rest(), counts); err != nil {
				return fmt.Errorf("%w: %w", errRecord, err)
			}
			about(counts)
			continue
		}
		v.label = b.String()
		v.start, v.end, v.reference = b.Varint(), b.Varint(), int(b.Varint())
		v.who = bearers{b.String(), int(b.Uvarint()), b.String(), b.String(), b.String()}
		v.hit = b.hit(map[int]string{})
		if int(v.effect) >= len(effects) {
			b.Fail(errKind)
		}
		if err := b.end(); err != nil {
			return err
		}
		if err := f(v); err != nil {
			return err
		}
	}
}
