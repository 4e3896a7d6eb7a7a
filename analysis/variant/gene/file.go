package gene

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"okazaki"
	"okazaki/format/mmap"
)

// A model's file is a header, then for each contig its block and its bases,
// two bits each. The header is the magic bytes, the version, the length and
// the CRC-32C of what follows, then JSON. Numbers are little-endian. The same
// model gives the same bytes.
const (
	magic         = "okzgenes"
	layoutVersion = 1
	headerStart   = 20      // bytes before the JSON
	maxHeader     = 1 << 30 // bytes
	again         = "make it again with okazaki index genes"
)

// A header says what a file holds.
type header struct {
	Size       int64          `json:"size"` // of the file after its header, bytes
	Annotation Source         `json:"annotation"`
	Reference  Source         `json:"reference"`
	Notes      []string       `json:"notes"`
	Contigs    []headerContig `json:"contigs"`
}

type headerContig struct {
	Name        string   `json:"name"`
	Aliases     []string `json:"aliases,omitempty"`
	Refget      string   `json:"refget"`
	Length      int      `json:"length"`
	Transcripts int      `json:"transcripts"`
	Block       int64    `json:"block"` // bytes; the bases follow
	BlockSum    uint32   `json:"block_crc"`
	LettersSum  uint32   `json:"letters_crc"`
}

// packed is how many bytes the bases take.
func (c *headerContig) packed() int64 { return (int64(c.Length) + 3) / 4 }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Write writes the model to w, from which Open reads it.
func (m *Model) Write(w io.Writer) error {
	h := header{Annotation: m.Annotation, Reference: m.Reference, Notes: m.Notes}
	var blocks [][]byte
	for _, c := range m.Contigs {
		if err := c.Load(); err != nil {
			return err
		}
		block := c.block()
		one := headerContig{Name: c.Name, Aliases: c.Aliases, Refget: c.Refget, Length: c.Length, Transcripts: len(c.transcripts),
			Block: int64(len(block)), BlockSum: crc32.Checksum(block, castagnoli), LettersSum: crc32.Checksum(c.letters.packed, castagnoli)}
		h.Contigs = append(h.Contigs, one)
		h.Size += one.Block + one.packed()
		blocks = append(blocks, block)
	}
	body, err := json.Marshal(h)
	if err != nil {
		return err
	}
	head := append([]byte(magic), make([]byte, headerStart-len(magic))...)
	binary.LittleEndian.PutUint32(head[8:], layoutVersion)
	binary.LittleEndian.PutUint32(head[12:], uint32(len(body)))
	binary.LittleEndian.PutUint32(head[16:], crc32.Checksum(body, castagnoli))
	for _, part := range append([][]byte{head, body}, m.interleave(blocks)...) {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// interleave returns each contig's block and then its bases.
func (m *Model) interleave(blocks [][]byte) (parts [][]byte) {
	for i, c := range m.Contigs {
		parts = append(parts, blocks[i], c.letters.packed)
	}
	return parts
}

// Open opens what Write wrote. Contigs are read when they are first asked
// for, and compared with their checksums then. A file of this machine is
// mapped, and all of it but the bases is read at once. name is for errors,
// *okazaki.Error if the file is at fault. A file that is mapped can be closed
// before the model.
func Open(name string, f okazaki.File) (*Model, error) {
	h, start, err := openHeader(name, f)
	if err != nil {
		return nil, err
	}
	m := &Model{Annotation: h.Annotation, Reference: h.Reference, Notes: h.Notes, byName: map[string]*Contig{}}
	at := &source{name: name, f: f}
	if b, release, err := mmap.File(f); err == nil {
		at.mapped, m.release, m.mapped = b, release, b
	}
	for i := range h.Contigs {
		hc := &h.Contigs[i]
		c := &Contig{Name: hc.Name, Length: hc.Length, Aliases: hc.Aliases, Refget: hc.Refget, count: hc.Transcripts}
		place := start
		c.load = func() error { return at.load(c, hc, place) }
		m.Contigs = append(m.Contigs, c)
		m.byName[c.Name] = c
		if at.mapped != nil {
			if err := at.sound(c, hc, at.mapped[place:place+hc.Block]); err != nil {
				_ = m.Close() // the error says more
				return nil, err
			}
		}
		start += hc.Block + hc.packed()
	}
	for _, c := range m.Contigs {
		for _, alias := range c.Aliases {
			m.byName[alias] = c
		}
	}
	return m, nil
}

// Forget gives back the memory that the file's bytes take for now. Others may
// use the model meanwhile.
func (m *Model) Forget() { mmap.Forget(m.mapped) }

// Close gives the memory back that the file was mapped to. The model can't be
// used afterwards.
func (m *Model) Close() error {
	if m.release == nil {
		return nil
	}
	release := m.release
	m.release = nil
	return release()
}

// openHeader reads and checks the header, and says where it ends.
func openHeader(name string, f okazaki.File) (*header, int64, error) {
	wrong := func(message, hint string, err error) (*header, int64, error) {
		return nil, 0, &okazaki.Error{File: name, Message: message, Hint: hint, Err: err}
	}
	var head [headerStart]byte
	if _, err := f.ReadAt(head[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, fmt.Errorf("gene model %s: %w", name, err)
	}
	if !bytes.HasPrefix(head[:], []byte(magic)) {
		return wrong("this is not a gene model", "make it with okazaki index genes, or give GFF3 or GTF together with its --fasta", nil)
	}
	if v := binary.LittleEndian.Uint32(head[8:]); v != layoutVersion {
		return wrong(fmt.Sprintf("the gene model has version %d, this okazaki reads version %d", v, layoutVersion), again, nil)
	}
	n := int64(binary.LittleEndian.Uint32(head[12:]))
	if n > maxHeader || headerStart+n > f.Size() {
		return wrong("the gene model is cut short in its header", "copy it again, or "+again, nil)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(f, headerStart, n), body); err != nil {
		return nil, 0, fmt.Errorf("gene model %s: %w", name, err)
	}
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(head[16:]) {
		return wrong("the gene model is damaged: its header has another checksum", "copy it again, or "+again, nil)
	}
	h := new(header)
	if err := json.Unmarshal(body, h); err != nil {
		return wrong("the gene model is damaged: its header can't be read", again, err)
	}
	left := h.Size
	for i := range h.Contigs {
		c := &h.Contigs[i]
		if c.Length < 0 || c.Block < 0 || c.Block > left || c.packed() > left-c.Block {
			return wrong("the gene model is damaged: its header contradicts itself", again, nil)
		}
		left -= c.Block + c.packed()
	}
	if left != 0 {
		return wrong("the gene model is damaged: its header contradicts itself", again, nil)
	}
	if have := f.Size() - headerStart - n; have != h.Size {
		return wrong(fmt.Sprintf("the gene model is cut short: after its header are %d bytes, not %d", have, h.Size), "copy it again, or "+again, nil)
	}
	return h, headerStart + n, nil
}

var errSum = errors.New("a contig has another checksum")

// A source is a file to load contigs from.
type source struct {
	name   string
	f      okazaki.File
	mapped []byte // all of it, if it can be mapped
}

// bytes returns n bytes of the file from at.
func (s *source) bytes(at, n int64) ([]byte, error) {
	if s.mapped != nil {
		return s.mapped[at : at+n : at+n], nil
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(s.f, at, n), b); err != nil {
		return nil, fmt.Errorf("gene model %s: %w", s.name, err)
	}
	return b, nil
}

// load reads a contig.
func (s *source) load(c *Contig, h *headerContig, at int64) error {
	block, err := s.bytes(at, h.Block)
	if err != nil {
		return err
	}
	if c.letters.packed, err = s.bytes(at+h.Block, h.packed()); err != nil {
		return err
	}
	if s.mapped == nil {
		if err := s.sound(c, h, block); err != nil {
			return err
		}
	}
	if crc32.Checksum(c.letters.packed, castagnoli) != h.LettersSum {
		return s.damaged(c, errSum)
	}
	mmap.Forget(s.mapped) // few of a chromosome's bases are asked for
	if err := newBlockReader(block, h.Length).read(c); err != nil || c.count != h.Transcripts {
		return s.damaged(c, errBlock)
	}
	return nil
}

// sound compares a block's checksum.
func (s *source) sound(c *Contig, h *headerContig, block []byte) error {
	if crc32.Checksum(block, castagnoli) != h.BlockSum {
		return s.damaged(c, errSum)
	}
	return nil
}

func (s *source) damaged(c *Contig, err error) error {
	return &okazaki.Error{File: s.name, Record: c.Name, Message: "the gene model is damaged: " + err.Error(), Hint: "copy it again, or " + again, Err: err}
}
