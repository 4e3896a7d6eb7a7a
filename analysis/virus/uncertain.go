package virus

import (
	"bytes"

	"okazaki/analysis/virus/clade"
)

// maxListed is how many values or positions a column of placement lists.
const maxListed = 50

// appendPlacement appends the number of nodes that are equally near, their
// clades and lineages, the deepest node that holds them all, and the sites
// unknown in the genome that would decide between them.
func (c *Caller) appendPlacement(dst []byte, v *verdict) []byte {
	const columns = 6
	d := c.judge.Dataset
	if v.node < 0 {
		return appendTabs(dst, columns)
	}
	t := v.ties
	dst = appendInt(append(dst, '\t'), len(t.Nodes))
	dst = appendShares(dst, v.clades)
	for k := range d.Tree.Attributes {
		dst = appendShares(dst, c.judge.placer.Values(t, k))
	}
	dst = appendSafe(append(dst, '\t'), d.Tree.Name(t.Deepest))
	dst = appendSafe(append(dst, '\t'), d.Tree.Clade(t.Deepest))
	sep := byte('\t')
	for _, pos := range t.Undecided[:min(len(t.Undecided), maxListed)] {
		dst = appendInt(append(dst, sep), pos+1)
		sep = ','
	}
	return appendInt(append(appendEmpty(dst, sep), '\t'), len(t.Undecided))
}

// appendShares appends values with the number of their nodes: BA.1:3,BA.1.1:1.
// The last item counts the nodes of values that are not listed: …:12.
func appendShares(dst []byte, shares []clade.Share) []byte {
	sep := byte('\t')
	for _, s := range shares[:min(len(shares), maxListed)] {
		dst = appendListed(append(dst, sep), s.Value)
		dst = appendInt(append(dst, ':'), s.Nodes)
		sep = ','
	}
	rest := 0
	for _, s := range shares[min(len(shares), maxListed):] {
		rest += s.Nodes
	}
	if rest > 0 {
		dst = appendInt(append(dst, ",…:"...), rest)
	}
	return appendEmpty(dst, sep)
}

// appendListed is appendSafe for an item of a list: its commas are escaped.
func appendListed(dst []byte, s string) []byte {
	at := len(dst)
	dst = appendSafe(dst, s)
	if bytes.IndexByte(dst[at:], ',') < 0 {
		return dst
	}
	return append(dst[:at], bytes.ReplaceAll(dst[at:], []byte{','}, []byte(`\x2c`))...)
}

// jsonShare appends the object of BA.1:3.
func jsonShare(dst, x []byte) []byte {
	value, n := cutGene(x, 1)
	dst = jsonName(append(dst, `{"value":`...), string(unsafeText(value)))
	return append(append(append(dst, `,"nodes":`...), n...), '}')
}
