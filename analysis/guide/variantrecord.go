package guide

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
)

func (v *variantHit) append(b []byte) []byte {
	body := binary.AppendUvarint(nil, uint64(v.guide))
	body = appendString(append(body, byte(v.effect)), v.label)
	body = binary.AppendVarint(binary.AppendVarint(binary.AppendVarint(body, v.start), v.end), int64(v.reference))
	body = binary.AppendUvarint(appendString(body, v.who.phase), uint64(v.who.count))
	body = appendString(appendString(appendString(body, v.who.samples), v.who.frequencies), v.who.populations)
	body = v.hit.append(body, map[int]bool{})
	return append(binary.AppendUvarint(b, uint64(len(body))), body...)
}

// append writes the counts of a VCF: a record without a guide.
func (c *alleleCounts) append(b []byte) []byte {
	about, err := json.Marshal(c)
	if err != nil {
		panic(err) // it holds numbers and strings
	}
	body := append(binary.AppendUvarint(nil, 0), aboutVCF)
	body = append(body, about...)
	return append(binary.AppendUvarint(b, uint64(len(body))), body...)
}

// aboutVCF stands in the place of an effect.
const aboutVCF = 255

// eachVariantHit calls f for each variant hit in r, and about for the counts of
// the VCF.
func eachVariantHit(r io.Reader, about func(*alleleCounts), f func(*variantHit) error) error {
	in := bufio.NewReader(r)
	for {
		n, err := binary.ReadUvarint(in)
		if err == io.EOF {
			return nil
		}
		if err != nil || n > 1<<24 {
			return errors.Join(errRecord, err)
		}
		b := &reader{b: make([]byte, n)}
		if _, err := io.ReadFull(in, b.b); err != nil {
			return errors.Join(errRecord, err)
		}
		v := &variantHit{guide: int(b.uvarint()), effect: effect(b.byte())}
		if v.effect == aboutVCF {
			counts := &alleleCounts{}
			if err := json.Unmarshal(b.b, counts); err != nil {
				return errors.Join(errRecord, err)
			}
			about(counts)
			continue
		}
		v.label = b.string()
		v.start, v.end, v.reference = b.varint(), b.varint(), int(b.varint())
		v.who = bearers{b.string(), int(b.uvarint()), b.string(), b.string(), b.string()}
		v.hit = b.hit(map[int]string{})
		if b.err != nil || int(v.effect) >= len(effects) {
			return errRecord
		}
		if err := f(v); err != nil {
			return err
		}
	}
}
