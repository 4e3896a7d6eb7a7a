package gene

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"okazaki"
	"okazaki/format/fasta"
	"okazaki/format/gff3"
	"okazaki/format/unpack"
	"okazaki/genome"
)

// A Text is a file to compile, compressed or not.
type Text struct {
	Name   string // what errors call it
	Reader io.Reader
}

// Compile makes a model in memory of an annotation, GFF3 or GTF, and the
// reference that it annotates, FASTA. An *okazaki.Error says which line of
// which file is at fault; Model.Notes says what was doubtful.
func Compile(annotation, reference Text) (*Model, error) {
	m := &Model{byName: map[string]*Contig{}}
	a, err := m.readAnnotation(annotation)
	if err != nil {
		return nil, err
	}
	if err := m.readReference(reference); err != nil {
		return nil, err
	}
	return m, m.join(a)
}

// readAnnotation reads all features.
func (m *Model) readAnnotation(in Text) (*annotation, error) {
	sum := sha256.New()
	r, err := unpack.NewReader(in.Name, io.TeeReader(in.Reader, sum))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	a := newAnnotation(in.Name)
	features := gff3.NewReader(in.Name, r)
	for {
		f, err := features.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		a.add(f)
	}
	m.Annotation = Source{Name: in.Name, Digest: hex.EncodeToString(sum.Sum(nil)), Versions: versions(features.Comments())}
	if len(a.order) == 0 && len(a.parts) == 0 {
		return nil, &okazaki.Error{File: in.Name, Message: "there is no gene in it", Hint: "give an annotation in GFF3 or GTF"}
	}
	return a, nil
}

// versions are what an annotation's first lines say of it.
func versions(comments []string) (vs []string) {
	for _, c := range comments {
		c = strings.TrimSpace(strings.TrimLeft(c, "#!"))
		if c != "" && !strings.HasPrefix(c, "sequence-region") && !strings.HasPrefix(c, "species http") && len(vs) < 20 {
			vs = append(vs, c)
		}
	}
	return vs
}

// readReference reads all contigs.
func (m *Model) readReference(in Text) error {
	sum := sha256.New()
	for rec, err := range fasta.Scan(in.Name, io.TeeReader(in.Reader, sum)) {
		switch {
		case err != nil:
			return err
		case rec.Err != nil:
			return rec.Err
		case m.byName[rec.Name] != nil:
			return &okazaki.Error{File: in.Name, Line: rec.Line, Record: rec.Name, Message: "a record before has the same name"}
		case len(rec.Seq) > fasta.MaxLetters:
			return &okazaki.Error{File: in.Name, Line: rec.Line, Record: rec.Name, Message: "it is too long"}
		}
		c := &Contig{Name: rec.Name, Length: len(rec.Seq), letters: pack(rec.Seq)}
		m.Contigs = append(m.Contigs, c)
		m.byName[c.Name] = c
	}
	m.Reference = Source{Name: in.Name, Digest: hex.EncodeToString(sum.Sum(nil))}
	return nil
}

// join puts the transcripts of an annotation on the contigs.
func (m *Model) join(a *annotation) error {
	var fault error
	a.transcripts(func(contig string, t *Transcript, p *parts) {
		c, ok := m.Contig(contig)
		if !ok {
			return // TODO note
		}
		if t.Region.Hi > c.Length && fault == nil {
			fault = &okazaki.Error{File: a.name, Line: p.line, Err: errBeyond,
				Message: fmt.Sprintf("transcript %s ends at %d, and contig %s has %d letters", t.ID, t.Region.Hi, c.Name, c.Length),
				Hint:    "the annotation is of another assembly than the reference"}
		}
		t.Code = codeOf(c.Name)
		c.transcripts = append(c.transcripts, t)
	})
	for _, c := range m.Contigs {
		c.order()
	}
	return fault
}

var errBeyond = errors.New("an annotation beyond its contig")

// codeOf is the code that a contig's genes are read by, unless they say.
func codeOf(contig string) genome.Code {
	bare := strings.TrimPrefix(contig, "chr")
	for _, m := range mitochondria {
		if m.name == bare {
			return m.code
		}
	}
	return genome.Standard
}
