package gene_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"okazaki"
	"okazaki/analysis/variant/gene"
	"okazaki/format/fasta"
	"okazaki/internal/filetest"
)

// written is a model's file.
func written(t testing.TB, m *gene.Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// same compares two models, all bases included.
func same(t testing.TB, a, b *gene.Model) {
	t.Helper()
	if !reflect.DeepEqual(a.Annotation, b.Annotation) || !reflect.DeepEqual(a.Reference, b.Reference) || !reflect.DeepEqual(a.Notes, b.Notes) {
		t.Errorf("sources %+v %+v %q and %+v %+v %q", a.Annotation, a.Reference, a.Notes, b.Annotation, b.Reference, b.Notes)
	}
	if len(a.Contigs) != len(b.Contigs) || a.Transcripts() != b.Transcripts() {
		t.Fatalf("%d contigs and %d", len(a.Contigs), len(b.Contigs))
	}
	for i, c := range a.Contigs {
		d := b.Contigs[i]
		if err := d.Load(); err != nil {
			t.Fatal(err)
		}
		if c.Name != d.Name || c.Length != d.Length || c.Refget != d.Refget || !reflect.DeepEqual(c.Aliases, d.Aliases) {
			t.Errorf("contig %s is %s", c.Name, d.Name)
		}
		if !slices.EqualFunc(c.Transcripts(), d.Transcripts(), func(x, y *gene.Transcript) bool { return reflect.DeepEqual(x, y) }) {
			t.Errorf("the transcripts of %s differ", c.Name)
		}
		if !bytes.Equal(c.AppendBases(nil, 0, c.Length), d.AppendBases(nil, 0, d.Length)) {
			t.Errorf("the bases of %s differ", c.Name)
		}
		for _, name := range append([]string{"chr" + c.Name}, c.Aliases...) {
			if e, _ := b.Contig(name); e != d {
				t.Errorf("%s is not found as %s", c.Name, name)
			}
		}
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	checkWritten(t, compile(t, humanGTF, humanFASTA))
	checkWritten(t, dialect(t, "refseq"))
}

func checkWritten(t *testing.T, m *gene.Model) {
	t.Helper()
	b := written(t, m)
	if again := written(t, m); !bytes.Equal(b, again) {
		t.Error("the same model gives other bytes")
	}
	inStore, err := gene.Open("store.okg", filetest.Memory(b))
	if err != nil {
		t.Fatal(err)
	}
	same(t, m, inStore)
	if !bytes.Equal(written(t, inStore), b) {
		t.Error("what was read is written otherwise")
	}
	path := filepath.Join(t.TempDir(), "model.okg")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := fasta.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	mapped, err := gene.Open(path, src.File)
	if err != nil {
		t.Fatal(err)
	}
	src.File.Close()
	same(t, m, mapped)
	if err := mapped.Close(); err != nil {
		t.Error(err)
	}
}

const littleGFF = "##gff-version 3\n#!genome-build tiny\n" +
	"c\t.\tgene\t3\t20\t.\t+\t.\tID=gene:g;Name=G\n" +
	"c\t.\tmRNA\t3\t20\t.\t+\t.\tID=transcript:t;Parent=gene:g;biotype=protein_coding\n" +
	"c\t.\texon\t3\t9\t.\t+\t.\tParent=transcript:t\nc\t.\texon\t12\t20\t.\t+\t.\tParent=transcript:t\n" +
	"c\t.\tCDS\t5\t9\t.\t+\t0\tParent=transcript:t\nc\t.\tCDS\t12\t15\t.\t+\t1\tParent=transcript:t;protein_id=p\n"

const littleFASTA = ">c\nGGCCATGAAGTATAGGNNRACGTACGT\n>d\nACGT\n"

// openMapped opens a file of this machine, and reads all of its contigs.
func openMapped(t *testing.T, b []byte) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.okg")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := fasta.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.File.Close()
	m, err := gene.Open(path, src.File)
	if err != nil {
		return err
	}
	defer m.Close()
	for _, c := range m.Contigs {
		if err := c.Load(); err != nil {
			return err
		}
	}
	return nil
}

func TestDamage(t *testing.T) {
	b := written(t, tiny(t, littleGFF, littleFASTA))
	open := func(b []byte) error {
		m, err := gene.Open("model.okg", filetest.Memory(b))
		for i := 0; err == nil && i < len(m.Contigs); i++ {
			err = m.Contigs[i].Load()
		}
		return err
	}
	if err := open(b); err != nil {
		t.Fatal(err)
	}
	for n := range len(b) {
		flipped := bytes.Clone(b)
		flipped[n] ^= 0x10
		for what, damaged := range map[string][]byte{"cut": b[:n], "flipped": flipped} {
			var e *okazaki.Error
			if err := openMapped(t, damaged); !errors.As(err, &e) {
				t.Fatalf("mapped, %s at %d of %d: %v", what, n, len(b), err)
			}
			if err := open(damaged); !errors.As(err, &e) || e.File != "model.okg" || e.Hint == "" {
				t.Fatalf("%s at %d of %d: %v", what, n, len(b), err)
			}
		}
	}
	other := bytes.Clone(b)
	other[8] = 2
	for want, damaged := range map[string][]byte{
		"this is not a gene model": []byte(littleFASTA + littleGFF), "version 2": other, "not": append(bytes.Clone(b), 'x'),
	} {
		if err := open(damaged); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestDamageOfAMappedFile: all but the bases is checked when the file is
// opened, so that a later call doesn't meet damage.
func TestDamageOfAMappedFile(t *testing.T) {
	b := written(t, tiny(t, littleGFF, littleFASTA))
	b[20+binary.LittleEndian.Uint32(b[12:])+9] ^= 1
	path := filepath.Join(t.TempDir(), "model.okg")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := fasta.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.File.Close()
	m, err := gene.Open(path, src.File)
	if err == nil {
		err = m.Contigs[0].Load() // it could not be mapped
	}
	var e *okazaki.Error
	if !errors.As(err, &e) || e.Record != "c" || !strings.Contains(e.Message, "checksum") {
		t.Error(err)
	}
}

// FuzzOpen gives each contig's block its right checksum, so that what is
// fuzzed is not refused for that alone.
func FuzzOpen(f *testing.F) {
	b := written(f, tiny(f, littleGFF, littleFASTA))
	n := int(binary.LittleEndian.Uint32(b[12:]))
	f.Add(b[20:20+n], b[20+n:])
	f.Add([]byte(`{"size":3,"contigs":[{"name":"c","length":4,"block":2,"transcripts":1}]}`), []byte("abc"))
	f.Fuzz(func(t *testing.T, header, content []byte) {
		table := crc32.MakeTable(crc32.Castagnoli)
		header = restamp(header, content, table)
		b := append([]byte("okzgenes\x01\x00\x00\x00"), make([]byte, 8)...)
		binary.LittleEndian.PutUint32(b[12:], uint32(len(header)))
		binary.LittleEndian.PutUint32(b[16:], crc32.Checksum(header, table))
		m, err := gene.Open("fuzz", filetest.Memory(append(append(b, header...), content...)))
		if err != nil {
			var e *okazaki.Error
			if !errors.As(err, &e) {
				t.Fatalf("not the user's: %v", err)
			}
			return
		}
		for _, c := range m.Contigs {
			if err := c.Load(); err != nil {
				continue
			}
			c.AppendBases(nil, -3, 40)
			for _, tr := range c.Near(0, c.Length, 5, nil) {
				if tr.Region.Hi > c.Length || len(tr.Exons) == 0 {
					t.Fatalf("%+v", tr)
				}
			}
		}
	})
}

// restamp gives a header the sizes and checksums of the content, as far as
// they can be known.
func restamp(body, content []byte, table *crc32.Table) []byte {
	var h map[string]any
	if json.Unmarshal(body, &h) != nil {
		return body
	}
	contigs, _ := h["contigs"].([]any)
	rest := content
	for _, c := range contigs {
		c, _ := c.(map[string]any)
		take := func(n float64) []byte {
			part := rest[:int(min(max(n, 0), float64(len(rest))))]
			rest = rest[len(part):]
			return part
		}
		if c == nil {
			return body
		}
		block, _ := c["block"].(float64)
		length, _ := c["length"].(float64)
		c["block_crc"] = crc32.Checksum(take(block), table)
		c["letters_crc"] = crc32.Checksum(take(float64((int64(length)+3)/4)), table)
	}
	if h["size"] != nil {
		h["size"] = len(content)
	}
	if stamped, err := json.Marshal(h); err == nil {
		return stamped
	}
	return body
}
