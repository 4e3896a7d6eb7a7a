package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

// maintainer is whom a package names. A distribution wants an address too: put
// the project's own here once it has one.
const maintainer = "The Okazaki authors"

// packages writes a .deb and an .rpm.
func (r *release) packages(t target, program string, d *docs) error {
	tree := filepath.Join(r.work, "tree_"+t.arch) // nfpm reads files
	b, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	installed, err := d.installed()
	if err != nil {
		return err
	}
	var contents files.Contents
	for _, f := range append([]file{{"/usr/bin/okazaki", 0o755, b}}, installed...) {
		source := filepath.Join(tree, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(source), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(source, f.data, 0o666); err != nil {
			return err
		}
		contents = append(contents, &files.Content{Source: source, Destination: f.name, FileInfo: &files.ContentFileInfo{Mode: f.mode, MTime: r.stamp.date, Owner: "root", Group: "root"}})
	}
	for _, format := range []string{"deb", "rpm"} {
		if err := r.pack(t, format, contents); err != nil {
			return fmt.Errorf("%s for %v: %w", format, t, err)
		}
	}
	return nil
}

func (r *release) pack(t target, format string, contents files.Contents) error {
	packager, err := nfpm.Get(format)
	if err != nil {
		return err
	}
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "okazaki", Arch: t.arch, Platform: "linux", Version: r.stamp.version, Release: "1",
		Section: "science", Priority: "optional", Maintainer: maintainer, Vendor: maintainer, License: "Apache-2.0",
		Description: "Burst-parallel genomics\nAnswers questions about genomes: mutations of viruses, CRISPR guides, variants\nof a person. It splits each question into small parts, works them wherever\nthere is a worker, and joins the results.",
		MTime:       r.stamp.date, DisableGlobbing: true,
		Overridables: nfpm.Overridables{
			Contents: contents, Recommends: []string{"ca-certificates"},
			RPM: nfpm.RPM{BuildHost: "localhost", Group: "Applications/Engineering", Summary: "Burst-parallel genomics"},
			Deb: nfpm.Deb{Compression: "xz"},
		},
	})
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(r.dist, strings.ReplaceAll(packager.ConventionalFileName(info), "~", "-")))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := packager.Package(info, f); err != nil {
		return err
	}
	return f.Close()
}
