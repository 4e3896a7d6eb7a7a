package gene

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"okazaki"
	"okazaki/format/fasta"
	"okazaki/format/gff3"
	"okazaki/format/gtf"
	"okazaki/format/unpack"
	"okazaki/genome"
)

// A Text is a file to compile, compressed or not.
type Text struct {
	Name   string // what errors call it
	Reader io.Reader
}

// Options change how an annotation is compiled.
type Options struct {
	// Lenient accepts a coding sequence whose phases contradict its segments:
	// the segments count, and a note says so. Without it that is an error.
	Lenient bool
	// Mitochondrial is the code by which the genes of a mitochondrion are read
	// if the annotation doesn't say; 0: 2 for M and MT, 3 for Mito, 5 for MtDNA.
	Mitochondrial genome.Code
}

// Compile is Options.Compile with the defaults.
func Compile(annotation, reference Text) (*Model, error) {
	return Options{}.Compile(annotation, reference)
}

// Compile makes a model in memory of an annotation, GFF3 or GTF in the manner
// of Ensembl, GENCODE or RefSeq, and of the reference that it annotates, FASTA.
// An *okazaki.Error says which line of which file is at fault; Model.Notes says
// what was doubtful.
func (o Options) Compile(annotation, reference Text) (*Model, error) {
	m := &Model{byName: map[string]*Contig{}}
	a, err := m.readAnnotation(annotation)
	if err != nil {
		return nil, err
	}
	if err := m.readReference(reference); err != nil {
		return nil, err
	}
	j := &join{Options: o, m: m, a: a, contigs: map[string]*Contig{}, codes: map[*Contig]genome.Code{}}
	if err := j.all(); err != nil {
		var e *okazaki.Error
		if errors.As(err, &e) && e.File == "" {
			e.File = annotation.Name
		}
		return nil, err
	}
	return m, nil
}

// readAnnotation reads all features.
func (m *Model) readAnnotation(in Text) (*annotation, error) {
	digest := digested(in.Reader)
	r, err := unpack.NewReader(in.Name, digest)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text := bufio.NewReaderSize(r, 1<<20)
	if head, _ := text.Peek(len(magic)); string(head) == magic {
		return nil, &okazaki.Error{File: in.Name, Message: "this is a gene model already, and no annotation", Hint: "it holds its genome: give it without --fasta"}
	}
	a := newAnnotation()
	features, add := gff3.NewReader(in.Name, text), a.add
	if isGTF(text) {
		features, add = gtf.NewReader(in.Name, text), a.addGTF
	}
	features.Loose = true
	for {
		f, err := features.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		add(f)
	}
	if len(a.order) == 0 {
		return nil, &okazaki.Error{File: in.Name, Message: "there is no gene in it", Hint: "give an annotation in GFF3 or GTF"}
	}
	if features.Mended > 0 {
		m.Notes = append(m.Notes, fmt.Sprintf("features that begin before their contig or have tabs in their attributes, mended: %d", features.Mended))
	}
	m.Annotation = Source{Name: filepath.Base(in.Name), Versions: versions(features.Comments())}
	m.Annotation.Digest, err = digest.sum(r)
	return a, err
}

// isGTF looks at the first feature.
func isGTF(text *bufio.Reader) bool {
	head, _ := text.Peek(text.Size()) // an error comes again when it is read
	for line := range bytes.Lines(head) {
		if line[0] == '#' || len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		columns := strings.Split(strings.TrimRight(string(line), "\r\n"), "\t")
		return len(columns) == 9 && gtf.Is(columns[8])
	}
	return false
}

// versions returns what an annotation's first lines say about it.
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
	digest := digested(in.Reader)
	described := map[*Contig]string{}
	for rec, err := range fasta.Scan(in.Name, digest) {
		switch {
		case err != nil:
			return err
		case rec.Err != nil:
			return rec.Err
		case m.byName[rec.Name] != nil:
			return &okazaki.Error{File: in.Name, Line: rec.Line, Record: rec.Name, Message: "a record before has the same name"}
		case len(rec.Seq) > fasta.MaxLetters:
			return &okazaki.Error{File: in.Name, Line: rec.Line, Record: rec.Name, Message: "it has more bases than a contig can have"}
		}
		c := &Contig{Name: rec.Name, Length: len(rec.Seq), Refget: refget(rec.Seq), letters: pack(rec.Seq)}
		m.Contigs = append(m.Contigs, c)
		m.byName[c.Name] = c
		described[c] = chromosome(rec.Description)
	}
	for _, c := range m.Contigs {
		m.alias(c, first(described[c], genome.HumanChromosome(c.Name), genome.ScaffoldAccession(c.Name)))
	}
	m.Reference = Source{Name: filepath.Base(in.Name)}
	var err error
	m.Reference.Digest, err = digest.sum(digest)
	return err
}

// refget is the digest of a sequence in the manner of GA4GH refget 2: the first
// 24 bytes of SHA-512 of its letters in upper case, base64url.
func refget(seq []byte) string {
	sum := sha512.New()
	upper := make([]byte, 0, 64<<10)
	for part := range slices.Chunk(seq, cap(upper)) {
		upper = upper[:len(part)]
		for i, letter := range part {
			if 'a' <= letter && letter <= 'z' {
				letter -= 'a' - 'A'
			}
			upper[i] = letter
		}
		sum.Write(upper)
	}
	return "SQ." + base64.URLEncoding.EncodeToString(sum.Sum(nil)[:24])
}

// A digester hashes what is read through it.
type digester struct {
	io.Reader
	hash hash.Hash
}

func digested(r io.Reader) *digester {
	h := sha256.New()
	return &digester{io.TeeReader(r, h), h}
}

// sum reads the rest of the file, which was not of interest, and returns the
// digest of all.
func (d *digester) sum(rest io.Reader) (string, error) {
	for _, r := range []io.Reader{rest, d.Reader} {
		if _, err := io.Copy(io.Discard, r); err != nil {
			return "", fmt.Errorf("reading to the end: %w", err)
		}
	}
	return hex.EncodeToString(d.hash.Sum(nil)), nil
}
