package sorting

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"okazaki"
	"okazaki/format/fasta"
)

// AddDatasets adds each Nextclade dataset in a folder, in the folders within it
// and in the zip files there: its reference and its examples. A dataset is
// named by its folder or zip file, one at the root by name.
func (s *Sorter) AddDatasets(name string, folder fs.FS) error {
	before := len(s.Names)
	err := fs.WalkDir(folder, ".", func(at string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || entry.IsDir():
			return err
		case path.Ext(at) == ".zip":
			return s.addZip(named(name, strings.TrimSuffix(at, ".zip")), folder, at)
		case path.Base(at) == "pathogen.json":
			return s.addDataset(named(name, path.Dir(at)), folder, path.Dir(at))
		}
		return nil
	})
	if err == nil && len(s.Names) == before {
		return &okazaki.Error{File: name, Message: "there is no Nextclade dataset in it", Hint: "give the folder or the zip file of a dataset, or a folder of such"}
	}
	return err
}

// named returns a dataset's name.
func named(root, at string) string {
	if at == "." {
		return root
	}
	return at
}

func (s *Sorter) addZip(name string, folder fs.FS, at string) error {
	content, err := fs.ReadFile(folder, at)
	if err != nil {
		return err
	}
	return s.AddZip(name, content)
}

// AddZip adds the datasets of a zip file.
func (s *Sorter) AddZip(name string, content []byte) error {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return &okazaki.Error{File: name, Message: "it is not a whole zip file: " + err.Error(), Hint: "fetch it again", Err: err}
	}
	before := len(s.Names)
	if err := s.AddDatasets(name, z); err != nil {
		return err
	}
	if len(s.Names) > before+1 {
		return nil
	}
	if slices.Contains(s.Names[:before], name) {
		return twice(name)
	}
	s.Names[before] = name // whatever the folder in it
	return nil
}

func twice(name string) error {
	return &okazaki.Error{File: name, Message: "there are two references of this name", Hint: "leave one of them out"}
}

// addDataset adds the dataset whose pathogen.json lies in a folder.
func (s *Sorter) addDataset(name string, folder fs.FS, dir string) error {
	content, err := fs.ReadFile(folder, path.Join(dir, "pathogen.json"))
	if err != nil {
		return err
	}
	var file struct {
		Files struct{ Reference, Examples string }
	}
	if err := json.Unmarshal(bytes.TrimPrefix(content, []byte("\ufeff")), &file); err != nil {
		return &okazaki.Error{File: name, Message: "its pathogen.json is not JSON: " + err.Error(), Hint: "fetch the dataset again", Err: err}
	}
	_, references, err := sequences(folder, path.Join(dir, cmp.Or(file.Files.Reference, "reference.fasta")))
	if err != nil {
		return err
	}
	_, examples, err := sequences(folder, path.Join(dir, cmp.Or(file.Files.Examples, "sequences.fasta")))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return s.add(name, references[0], examples)
}

// AddReferences adds each record of a FASTA file as a reference: the segments
// of a virus, say.
func (s *Sorter) AddReferences(folder fs.FS, file string) error {
	names, all, err := sequences(folder, file)
	if err != nil {
		return err
	}
	for i, name := range names {
		if err := s.add(name, all[i], nil); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sorter) add(name string, reference []byte, examples [][]byte) error {
	if slices.Contains(s.Names, name) {
		return twice(name)
	}
	if len(s.Names) == maxReferences {
		return &okazaki.Error{File: name, Message: fmt.Sprintf("it is one reference more than %d", maxReferences), Hint: "sort by fewer at once"}
	}
	s.Add(name, reference, examples...)
	return nil
}

// sequences returns the sequences of a FASTA file, with the first words of
// their names.
func sequences(folder fs.FS, file string) (names []string, all [][]byte, err error) {
	f, err := folder.Open(file)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	for rec, err := range fasta.Scan(file, f) {
		if err != nil {
			return nil, nil, err
		}
		if rec.Err == nil {
			names, all = append(names, rec.Name), append(all, bytes.Clone(rec.Seq))
		}
	}
	if len(all) == 0 {
		return nil, nil, &okazaki.Error{File: file, Message: "there is no sequence in it", Hint: "give FASTA"}
	}
	return names, all, nil
}
