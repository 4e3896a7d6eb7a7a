package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A file is one of an archive, a package or an image.
type file struct {
	name string // slash path
	mode os.FileMode
	data []byte
}

// docs are what a release has besides the program.
type docs struct {
	texts       []file            // LICENSE and the like
	pages       []file            // of man, by their name
	completions map[string][]byte // by shell
}

// docs asks the program for its pages and its completions.
func (r *release) docs(ctx context.Context, program string) (*docs, error) {
	d := &docs{completions: map[string][]byte{}}
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md", "CITATION.cff"} {
		b, err := os.ReadFile(filepath.Join(r.source, name))
		if err != nil {
			return nil, err
		}
		d.texts = append(d.texts, file{name, 0o644, b})
	}
	for _, shell := range []string{"bash", "fish", "powershell", "zsh"} {
		script, err := output(ctx, r.work, nil, program, "completion", shell)
		if err != nil {
			return nil, err
		}
		d.completions[shell] = script
	}
	return d, d.addPages(ctx, r.work, program, nil)
}

// addPages adds the page of a command, and those of the commands below it.
func (d *docs) addPages(ctx context.Context, dir, program string, path []string) error {
	page, err := output(ctx, dir, nil, program, append([]string{"man"}, path...)...)
	if err != nil {
		return err
	}
	d.pages = append(d.pages, file{strings.Join(append([]string{"okazaki"}, path...), "-") + ".1", 0o644, page})
	below, err := output(ctx, dir, nil, program, append(append([]string{"__complete", "help"}, path...), "")...)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(below)) {
		name := strings.TrimSpace(line)
		if name == "" || strings.HasPrefix(name, ":") { // the directive to the shell
			continue
		}
		if err := d.addPages(ctx, dir, program, append(path[:len(path):len(path)], name)); err != nil {
			return err
		}
	}
	return nil
}

// inArchive returns the files of an archive besides the program.
func (d *docs) inArchive() []file {
	files := append([]file(nil), d.texts...)
	for _, p := range d.pages {
		files = append(files, file{"man/man1/" + p.name, p.mode, p.data})
	}
	for _, shell := range []string{"bash", "fish", "powershell", "zsh"} {
		files = append(files, file{"completions/okazaki." + shell, 0o644, d.completions[shell]})
	}
	return files
}

// installed returns the files of a package of Linux besides the program.
func (d *docs) installed() ([]file, error) {
	files := []file{
		{"/usr/share/bash-completion/completions/okazaki", 0o644, d.completions["bash"]},
		{"/usr/share/fish/vendor_completions.d/okazaki.fish", 0o644, d.completions["fish"]},
		{"/usr/share/zsh/vendor-completions/_okazaki", 0o644, d.completions["zsh"]},
	}
	for _, p := range d.pages {
		packed, err := gzipped(p.data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		files = append(files, file{"/usr/share/man/man1/" + p.name + ".gz", p.mode, packed})
	}
	for _, t := range d.texts {
		name := t.name
		if name == "LICENSE" {
			name = "copyright" // as Debian has it
		}
		files = append(files, file{"/usr/share/doc/okazaki/" + name, t.mode, t.data})
	}
	return files, nil
}

// gzipped returns data packed, without a name or a time.
func gzipped(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
