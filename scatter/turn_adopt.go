package scatter

import (
	"bytes"
	"slices"
	"strings"

	"okazaki"
)

// An origin is a node of an earlier life of the same question. Its children
// have the spans of the frame's that names it, so what it has of them is true
// of these as well.
type origin struct {
	k    keys
	node string
}

// originsOf reads what split.From names.
func originsOf(from []string) []origin {
	var origins []origin
	for _, name := range from {
		prefix, node, ok := strings.Cut(name, "/")
		if ok && isHex(prefix) && node != "" {
			origins = append(origins, origin{keysOf(prefix), node})
		}
	}
	return origins
}

// fromOf names a node of the life that k belongs to.
func (o origin) name() string { return string(o.k[3:]) + o.node }

// adopt gives child ord, for which an attempt has been bought, what an earlier
// life has of it: a part as it is, a split that this life can pay for at the
// same bounds. What failed there, or is missing, is worked: else.
func (t *Turn) adopt(ord int, otherwise func() Effect) Effect {
	f := t.top()
	if len(t.path) == 1 && len(t.life.After) > 0 && f.from == nil && t.axes[t.stage].Miss == 0 {
		return t.findOrigins(func() Effect { return t.adoptFrom(ord, f.from, otherwise) })
	}
	return t.adoptFrom(ord, f.from, otherwise)
}

// findOrigins finds the earlier lives whose stage had the same axis, and the
// same results of the stages before: whole ones.
func (t *Turn) findOrigins(then func() Effect) Effect {
	f := t.top()
	f.from = []origin{}
	var keys []string
	for _, prefix := range t.life.After {
		keys = append(keys, keysOf(prefix).axis(t.stage))
	}
	return t.get(keys, func(r Reply) Effect {
		for i, b := range r.Values {
			var rec axisRecord
			if b == nil {
				continue
			}
			if _, err := decode(b, &rec); err == nil && rec.Miss == 0 && sameAxis(rec.Axis, t.axis) {
				f.from = append(f.from, origin{keysOf(t.life.After[i]), rec.Nonce})
			}
		}
		return then()
	})
}

func sameAxis(a, b okazaki.Axis) bool {
	return a.Units == b.Units && a.Floor == b.Floor && a.Concat == b.Concat && bytes.Equal(a.Note, b.Note)
}

// adoptFrom adopts child ord from the first of origins that has something.
func (t *Turn) adoptFrom(ord int, origins []origin, otherwise func() Effect) Effect {
	if len(origins) == 0 {
		return otherwise()
	}
	o := origins[0]
	next := func() Effect { return t.adoptFrom(ord, origins[1:], otherwise) }
	at := t.top().split.span(ord)
	return t.get([]string{o.k.verdict(o.node, ord)}, func(r Reply) Effect {
		if r.Values[0] == nil {
			return next()
		}
		v, data, err := readVerdict(r.Values[0], at)
		switch {
		case err != nil || v.Kind == failVerdict:
			return next()
		case v.Kind == partVerdict:
			v.Part.data = data
			return t.adoptPart(ord, o, v.Part, next)
		}
		return t.adoptSplit(ord, o, v, v.carried(data), next)
	})
}

// adoptPart decides child ord with the part of an earlier life.
func (t *Turn) adoptPart(ord int, o origin, p *part, next func() Effect) Effect {
	return t.copied(o, p, next, func(b []byte) Effect {
		return t.deliver(b, func(p *part) Effect {
			return t.decide(ord, verdict{Kind: partVerdict, Part: p}, Reply{})
		})
	})
}

// copied goes on with the bytes of an earlier life's part, or with gone.
func (t *Turn) copied(o origin, p *part, gone func() Effect, then func([]byte) Effect) Effect {
	if p.Blob == "" {
		if int64(len(p.data)) != p.Size {
			return gone()
		}
		return then(p.data)
	}
	return t.get([]string{o.k.blob(p.Blob)}, func(r Reply) Effect {
		b, err := checked(r.Values[0], p)
		if err != nil {
			return gone()
		}
		return then(b)
	})
}

// adoptSplit decides child ord as an earlier life split it: with its merged
// part if that is one, and otherwise with the same children.
func (t *Turn) adoptSplit(ord int, o origin, v *verdict, carried *part, next func() Effect) Effect {
	return t.get([]string{o.k.merged(o.node, ord)}, func(r Reply) Effect {
		cut := func() Effect { return t.adoptCut(ord, o, v, carried, next) }
		if r.Values[0] == nil {
			return cut()
		}
		m, data, err := readMerged(r.Values[0], v.At)
		if err != nil || m.Miss > 0 || m.Part == nil {
			return cut()
		}
		m.Part.data = data
		return t.adoptPart(ord, o, m.Part, cut)
	})
}

// adoptCut splits child ord at the bounds that an earlier life cut it at, with
// budgets of this life. What that life had kept of it is kept here too.
func (t *Turn) adoptCut(ord int, o origin, v *verdict, carried *part, next func() Effect) Effect {
	d := t.division(ord, v.At.Lo, Reply{}, false)
	if carried != nil {
		d = t.division(ord, v.Split.Children[0].Hi, Reply{}, false)
	}
	s, err := divideAt(&t.job.Limits, d, v.Split)
	if err != nil {
		return next()
	}
	s.From = append([]string{origin{o.k, v.Nonce}.name()}, v.Split.From...)
	s.From = slices.DeleteFunc(s.From, func(name string) bool { // the record does not name older lives
		prefix, _, _ := strings.Cut(name, "/")
		return !slices.Contains(t.life.After, prefix)
	})
	if carried == nil {
		return t.commitSplit(ord, s, nil, Reply{})
	}
	return t.copied(o, carried, next, func(b []byte) Effect {
		return t.deliver(b, func(p *part) Effect { return t.commitSplit(ord, s, p, Reply{}) })
	})
}
