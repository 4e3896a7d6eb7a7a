package virus

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"okazaki"
	"okazaki/analysis"
	"okazaki/format/gff3"
	"okazaki/format/unpack"
)

// The most bytes of a file, unpacked: of a tree of a million nodes, and of any
// other file.
const (
	maxTree = 1 << 30
	maxText = 1 << 26
)

// most returns the most bytes of a dataset's file.
func most(file string) int {
	if strings.HasSuffix(file, ".json") && file != pathogenFile {
		return maxTree
	}
	return maxText
}

// openDataset returns the dataset with which the job's genomes are compared: a
// dataset's files, a reference and its annotation, or the built-in one.
func openDataset(ctx context.Context, reference string, job *okazaki.Job, files okazaki.Files) (*Dataset, error) {
	references, annotations := analysis.Inputs(job, "reference"), analysis.Inputs(job, "annotation")
	if dataset := analysis.Inputs(job, "dataset"); len(dataset) > 0 {
		return openFiles(ctx, dataset, files)
	}
	if len(references) == 0 && reference == builtIn && len(annotations) == 0 {
		return SARS2Dataset(), nil
	}
	d := &Dataset{}
	file, letters := builtIn, sars2FASTA
	if len(references) > 0 {
		var err error
		file = references[0].Name
		if letters, err = readFile(ctx, files, references[0], 2*maxReference); err != nil { // line ends and headers too
			return nil, err
		}
	} else {
		d.Params, d.Quality = SARS2Params(), SARS2Quality()
	}
	var features []gff3.Feature
	var annotation string
	for _, in := range annotations {
		annotation = in.Name
		content, err := readFile(ctx, files, in, maxText)
		if err != nil {
			return nil, err
		}
		if features, err = gff3.Read(in.Name, bytes.NewReader(content)); err != nil {
			return nil, err
		}
	}
	var err error
	if d.Reference, err = NewReference(file, letters, annotation, features); err != nil {
		return nil, err
	}
	if annotation != "" && len(d.Reference.Genes) == 0 {
		return nil, &okazaki.Error{File: annotation, Message: "it has no coding sequence: no CDS, and no gene without parts",
			Hint: "give GFF3 with CDS features, or leave out --annotation"}
	}
	return d, nil
}

// openFiles reads a dataset that is one zip file, or the files of a folder.
func openFiles(ctx context.Context, inputs []okazaki.Input, files okazaki.Files) (*Dataset, error) {
	if len(inputs) == 1 {
		f, err := files.Open(ctx, inputs[0])
		if err != nil {
			return nil, err
		}
		defer f.Close()
		magic := make([]byte, 4)
		if n, _ := f.ReadAt(magic, 0); n == 4 && string(magic) == "PK\x03\x04" {
			return openZip(inputs[0].Name, f)
		}
	}
	name := filepath.Dir(inputs[0].Name)
	if len(inputs) == 1 {
		name = inputs[0].Name
	}
	byName := map[string]okazaki.Input{}
	for _, in := range inputs {
		byName[filepath.Base(in.Name)] = in
	}
	return ReadDataset(name, func(name string) ([]byte, error) {
		in, ok := byName[name]
		if !ok {
			return nil, fs.ErrNotExist
		}
		return readFile(ctx, files, in, most(name))
	})
}

// openZip reads a dataset's zip file. Its files may lie in a folder.
func openZip(name string, f okazaki.File) (*Dataset, error) {
	z, err := zip.NewReader(f, f.Size())
	if err != nil {
		return nil, &okazaki.Error{File: name, Message: "it is not a complete zip file: " + err.Error(), Hint: "fetch it again", Err: err}
	}
	return ReadDataset(name, func(file string) ([]byte, error) {
		var found *zip.File
		for _, member := range z.File {
			if path.Base(member.Name) != file || strings.HasPrefix(member.Name, "__MACOSX/") {
				continue
			}
			if found != nil {
				return nil, &okazaki.Error{File: name, Message: fmt.Sprintf("it has %s and %s", found.Name, member.Name),
					Hint: "give the zip file of one dataset"}
			}
			found = member
		}
		if found == nil {
			return nil, fs.ErrNotExist
		}
		if found.UncompressedSize64 > uint64(most(file)) {
			return nil, tooLong(file, most(file))
		}
		r, err := found.Open()
		if err != nil {
			return nil, damaged(name, file, err)
		}
		defer r.Close()
		b, err := readAll(file, r, most(file)) // to its end, where the checksum is
		if err != nil {
			return nil, damaged(name, file, err)
		}
		return b, nil
	})
}

func damaged(name, file string, err error) error {
	return &okazaki.Error{File: name, Record: file, Message: "it can't be unpacked: " + err.Error(), Hint: "fetch the zip file again", Err: err}
}

// readFile decompresses an input of at most `most` bytes.
func readFile(ctx context.Context, files okazaki.Files, in okazaki.Input, most int) ([]byte, error) {
	f, err := files.Open(ctx, in)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := unpack.Open(in.Name, f)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return readAll(in.Name, r, most)
}

func readAll(name string, r io.Reader, most int) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if err == nil && len(b) > most {
		err = tooLong(name, most)
	}
	return b, err
}

func tooLong(name string, most int) error {
	return &okazaki.Error{File: name, Message: fmt.Sprintf("it is longer than the %d bytes that are read of such a file", most),
		Hint: "give the files of one virus"}
}
