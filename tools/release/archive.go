package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// base is the name of a target's files in the release.
func (r *release) base(t target) string {
	return "okazaki_" + r.stamp.number() + "_" + t.os + "_" + t.arch
}

// archive writes the program and the docs as a tar, or for Windows as a zip.
func (r *release) archive(t target, program string, d *docs) error {
	b, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	files := append([]file{{filepath.Base(program), 0o755, b}}, d.inArchive()...)
	for i := range files {
		files[i].name = r.base(t) + "/" + files[i].name
	}
	var packed []byte
	name := r.base(t) + ".tar.gz"
	if t.os == "windows" {
		name = r.base(t) + ".zip"
		packed, err = zipped(files, r.stamp.date)
	} else {
		var plain []byte
		if plain, err = tarred(files, r.stamp.date); err == nil {
			packed, err = gzipped(plain)
		}
	}
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.dist, name), packed, 0o666)
}

// tarred returns files as a tar that root owns, with the folders that they are
// in.
func tarred(files []file, when time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, dir := range foldersOf(files) {
		h := &tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755, ModTime: when, Format: tar.FormatUSTAR}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
	}
	for _, f := range files {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: strings.TrimPrefix(f.name, "/"), Mode: int64(f.mode), Size: int64(len(f.data)), ModTime: when, Format: tar.FormatUSTAR}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// foldersOf returns the folders of files, those above first.
func foldersOf(files []file) (dirs []string) {
	for _, f := range files {
		for dir := path.Dir(strings.TrimPrefix(f.name, "/")); dir != "."; dir = path.Dir(dir) {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

func zipped(files []file, when time.Time) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: when}
		h.SetMode(f.mode)
		w, err := z.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
