package known

import (
	"bytes"
	"math"
	"strconv"
)

// A decimal is a number as it was written, in 32 bits. From above these are:
// a bit if the low bits are the number of a text instead; a bit if it is
// written with an exponent; a bit if it is negative; the scale, 6 bits; the
// digits, 23 bits.
//
// Without an exponent the scale is how many digits follow the point; with one
// it is the exponent, negated, and the point follows the first digit.
type decimal uint32

const (
	asText       decimal = 1 << 31
	exponentForm decimal = 1 << 30
	negative     decimal = 1 << 29
	scaleShift           = 23
	maxScale             = 1<<6 - 1
	maxDigits            = 1<<scaleShift - 1
	noValue      decimal = math.MaxUint32
)

// parseDecimal returns false for a text that append would not give again.
func parseDecimal(text []byte) (decimal, bool) {
	var d decimal
	rest := text
	if len(rest) > 0 && rest[0] == '-' {
		d, rest = negative, rest[1:]
	}
	digits, scale, seen, point := uint64(0), 0, 0, false
	i := 0
	for ; i < len(rest) && digits <= maxDigits; i++ {
		switch l := rest[i]; {
		case '0' <= l && l <= '9':
			digits = digits*10 + uint64(l-'0')
			seen++
			if point {
				scale++
			}
		case l == '.' && !point:
			point = true
		default:
			goto end
		}
	}
end:
	if i < len(rest) && rest[i] == 'e' {
		n, err := strconv.Atoi(string(rest[i+1:]))
		if err != nil || n > 0 || seen != scale+1 {
			return 0, false
		}
		d, scale, i = d|exponentForm, -n, len(rest)
	}
	if i < len(rest) || seen == 0 || digits > maxDigits || scale > maxScale {
		return 0, false
	}
	d |= decimal(scale)<<scaleShift | decimal(digits)
	var b [80]byte
	return d, bytes.Equal(d.append(b[:0]), text)
}

// append writes a number that is not asText as it was written.
func (d decimal) append(dst []byte) []byte {
	if d&negative != 0 {
		dst = append(dst, '-')
	}
	var b [10]byte
	digits := strconv.AppendUint(b[:0], uint64(d&maxDigits), 10)
	scale := int(d >> scaleShift & maxScale)
	if d&exponentForm != 0 {
		dst = append(dst, digits[0])
		if len(digits) > 1 {
			dst = append(append(dst, '.'), digits[1:]...)
		}
		dst = append(dst, 'e', '-')
		if scale < 10 {
			dst = append(dst, '0')
		}
		return strconv.AppendInt(dst, int64(scale), 10)
	}
	if whole := len(digits) - scale; whole > 0 {
		dst, digits = append(dst, digits[:whole]...), digits[whole:]
	} else {
		dst = append(dst, '0')
	}
	if scale == 0 {
		return dst
	}
	dst = append(dst, '.')
	for n := len(digits); n < scale; n++ {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

// exact are the powers of ten that a float64 holds.
var exact = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// float is the number, rounded as strconv.ParseFloat rounds its text.
func (d decimal) float() float64 {
	digits := d & maxDigits
	scale := int(d >> scaleShift & maxScale)
	if d&exponentForm != 0 {
		for n := digits; n >= 10; n /= 10 {
			scale++
		}
	}
	v := float64(digits)
	if scale < len(exact) {
		v /= exact[scale] // both are exact, so the quotient is rounded once
	} else {
		var b [80]byte
		v, _ = strconv.ParseFloat(string((d &^ negative).append(b[:0])), 64) // append writes numbers only
	}
	if d&negative != 0 {
		return -v
	}
	return v
}
