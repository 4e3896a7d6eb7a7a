package inflate

import "encoding/binary"

// symbols unpacks the codes of a block.
func (d *decoder) symbols(out []byte, w, limit int) (int, stop) {
	for w < limit {
		var s stop
		if w, s = d.fast(out, w, limit); s != more {
			return w, s
		}
		if w, s = d.careful(out, w); s != full {
			return w, s
		}
	}
	return w, full
}

// refill returns bits and their number with as many more as fit, 56 at least.
// It needs eight bytes at in[pos:], and returns the place of the next one.
func refill(in []byte, pos int, bits uint64, n uint) (int, uint64, uint) {
	return pos + int(63-n)>>3, bits | binary.LittleEndian.Uint64(in[pos:])<<(n&63), n | 56
}

// fast unpacks symbols while there are eight bytes of input. Then 56 bits are
// known before each symbol, and none has more than 15+5+15+13.
func (d *decoder) fast(out []byte, w, limit int) (int, stop) {
	in, pos, bits, n := d.in, d.pos, d.bits, d.n
	lit, dist := &d.codes.lit, &d.codes.dist
	if pos+8 > len(in) {
		return w, more
	}
	pos, bits, n = refill(in, pos, bits, n)
	e := lit[bits&(1<<litBits-1)]
	s := full
	for {
		if e&literal != 0 { // of litBits bits at most: four, and the next is known
			for k := 0; k < 4 && e&literal != 0; k++ {
				bits >>= e & 31
				n -= uint(e & 31)
				out[w] = byte(e >> 16)
				w++
				e = lit[bits&(1<<litBits-1)]
			}
			if w >= limit {
				break
			}
			if pos+8 > len(in) {
				s = more
				break
			}
			pos, bits, n = refill(in, pos, bits, n)
			continue
		}
		if e&next != 0 {
			bits >>= litBits
			n -= litBits
			e = lit[(uint(e>>16)+uint(bits)&(1<<(e>>8&15)-1))&(litTable-1)]
		}
		bits >>= e & 31
		n -= uint(e & 31)
		from, length := 0, 0
		switch {
		case e&base != 0:
			extra := e >> 8 & 15
			length = int(e>>16) + int(bits&(1<<extra-1))
			bits >>= extra
			n -= uint(extra)
			e = dist[bits&(1<<distBits-1)]
			if e&next != 0 {
				bits >>= distBits
				n -= distBits
				e = dist[(uint(e>>16)+uint(bits)&(1<<(e>>8&15)-1))&(distTable-1)]
			}
			bits >>= e & 31
			extra = e >> 8 & 15
			from = w - int(e>>16) - int(bits&(1<<extra-1))
			bits >>= extra
			n -= uint(e&31) + uint(extra)
			if e&base == 0 || from < 0 {
				s = wrong
			}
		case e&literal != 0:
			out[w] = byte(e >> 16)
			w++
		case e&ends != 0:
			s = block
		default:
			s = wrong
		}
		if s != full {
			break
		}
		// The next code is looked up while the bytes are copied.
		at := w
		w += length
		if w < limit && pos+8 <= len(in) {
			pos, bits, n = refill(in, pos, bits, n)
			e = lit[bits&(1<<litBits-1)]
			if length > 0 {
				repeat(out, from, at, length)
			}
			continue
		}
		repeat(out, from, at, length)
		if w < limit {
			s = more
		}
		break
	}
	d.pos, d.bits, d.n = pos, bits, n
	return w, s
}

// repeat copies length bytes from one place to a later one. It may write up to
// fifteen bytes behind them.
func repeat(out []byte, from, to, length int) {
	if to-from >= 8 {
		src, dst := out[from:], out[to:to+length+15]
		if length > 32 && to-from >= length {
			copy(dst[:length], src)
			return
		}
		for i := 0; i < length; i += 16 {
			binary.LittleEndian.PutUint64(dst[i:], binary.LittleEndian.Uint64(src[i:]))
			binary.LittleEndian.PutUint64(dst[i+8:], binary.LittleEndian.Uint64(src[i+8:]))
		}
		return
	}
	for i := range length {
		out[to+i] = out[from+i]
	}
}

// careful unpacks one symbol as far as there is input for it. If there isn't,
// nothing is used.
func (d *decoder) careful(out []byte, w int) (int, stop) {
	pos, bits, n := d.pos, d.bits, d.n
	h := bitReader{d: d}
	e, length, distance := h.code(d.codes.lit[:], litBits), 0, 0
	if e&base != 0 {
		length = h.value(e)
		distance = h.value(h.code(d.codes.dist[:], distBits)) // 0 if that is none
	}
	if h.short {
		d.pos, d.bits, d.n = pos, bits, n
		return w, more
	}
	switch {
	case e&literal != 0:
		out[w] = byte(e >> 16)
		return w + 1, full
	case e&ends != 0:
		return w, block
	case e&base == 0 || distance == 0 || distance > w:
		return w, wrong
	}
	repeat(out, w-distance, w, length)
	return w + length, full
}
