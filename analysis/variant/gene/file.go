package gene

import (
	"encoding/json"
	"errors"
	"io"

	"okazaki"
	"okazaki/format/container"
)

// A model's file is a container: for each contig its block and its bases, two
// bits each. The same model gives the same bytes.
var fileKind = container.Kind{
	Magic: magic, Version: 1, Name: "gene model", What: "a gene model", Again: "make it again with okazaki index genes",
	Instead: "make it with okazaki index genes, or give GFF3 or GTF together with its --fasta",
}

const magic = "okzgenes"

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
			Block: int64(len(block)), BlockSum: container.Sum(block), LettersSum: container.Sum(c.letters.packed)}
		h.Contigs = append(h.Contigs, one)
		h.Size += one.Block + one.packed()
		blocks = append(blocks, block)
	}
	body, err := json.Marshal(h)
	if err != nil {
		return err
	}
	for _, part := range append([][]byte{fileKind.Head(body)}, m.interleave(blocks)...) {
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
	h := new(header)
	file, err := fileKind.Open(name, f, h)
	if err != nil {
		return nil, err
	}
	m := &Model{Annotation: h.Annotation, Reference: h.Reference, Notes: h.Notes, byName: map[string]*Contig{}, file: file}
	if err := m.lay(&source{file}, h); err != nil {
		_ = file.Close() // the error says more
		return nil, err
	}
	return m, nil
}

// lay finds the contigs in the file.
func (m *Model) lay(at *source, h *header) error {
	if err := h.check(at.file); err != nil {
		return err
	}
	place := at.file.Start
	for i := range h.Contigs {
		hc := &h.Contigs[i]
		c := &Contig{Name: hc.Name, Length: hc.Length, Aliases: hc.Aliases, Refget: hc.Refget, count: hc.Transcripts}
		begin := place
		c.load = func() error { return at.load(c, hc, begin) }
		m.Contigs = append(m.Contigs, c)
		m.byName[c.Name] = c
		m.sections = append(m.sections, container.Section{Name: "the transcripts of " + hc.Name, At: begin, Len: hc.Block, Sum: hc.BlockSum},
			container.Section{Name: "the bases of " + hc.Name, At: begin + hc.Block, Len: hc.packed(), Sum: hc.LettersSum})
		if at.file.Mapped != nil {
			if err := at.sound(c, hc, at.file.Mapped[begin:begin+hc.Block]); err != nil {
				return err
			}
		}
		place += hc.Block + hc.packed()
	}
	for _, c := range m.Contigs {
		for _, alias := range c.Aliases {
			m.byName[alias] = c
		}
	}
	return nil
}

// Forget gives back the memory that the file's bytes take for now. Others may
// use the model meanwhile.
func (m *Model) Forget() {
	if m.file != nil {
		m.file.Forget()
	}
}

// Close gives the memory back that the file was mapped to. The model can't be
// used afterwards.
func (m *Model) Close() error {
	if m.file == nil {
		return nil
	}
	file := m.file
	m.file = nil
	return file.Close()
}

// check returns an error if the header's numbers contradict each other, or the
// file.
func (h *header) check(x *container.File) error {
	left := h.Size
	for i := range h.Contigs {
		c := &h.Contigs[i]
		if c.Length < 0 || c.Block < 0 || c.Block > left || c.packed() > left-c.Block {
			return x.Damaged("its header contradicts itself")
		}
		left -= c.Block + c.packed()
	}
	if left != 0 {
		return x.Damaged("its header contradicts itself")
	}
	return x.HasSize(x.Start + h.Size)
}

var errSum = errors.New("a contig has another checksum")

// A source is a file to load contigs from.
type source struct{ file *container.File }

// load reads a contig.
func (s *source) load(c *Contig, h *headerContig, at int64) error {
	block, err := s.file.Bytes(at, h.Block)
	if err != nil {
		return err
	}
	if c.letters.packed, err = s.file.Bytes(at+h.Block, h.packed()); err != nil {
		return err
	}
	if s.file.Mapped == nil {
		if err := s.sound(c, h, block); err != nil {
			return err
		}
	}
	if container.Sum(c.letters.packed) != h.LettersSum {
		return s.damaged(c, errSum)
	}
	s.file.Forget() // few of a chromosome's bases are asked for
	if err := newBlockReader(block, h.Length).read(c); err != nil || c.count != h.Transcripts {
		return s.damaged(c, errBlock)
	}
	return nil
}

// sound compares a block's checksum.
func (s *source) sound(c *Contig, h *headerContig, block []byte) error {
	if container.Sum(block) != h.BlockSum {
		return s.damaged(c, errSum)
	}
	return nil
}

func (s *source) damaged(c *Contig, err error) error {
	e := s.file.Damaged(err.Error())
	e.Record, e.Err = c.Name, err
	return e
}
