package main

import (
	"bytes"
	"encoding/pem"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// image writes an OCI image of all programs as a tar of an image layout, which
// docker load, podman load and skopeo read.
func (r *release) image(programs map[target]string) error {
	index := mutate.IndexMediaType(v1.ImageIndex(empty.Index), types.OCIImageIndex)
	for _, t := range targets {
		program, ok := programs[t]
		if !ok {
			continue
		}
		image, err := r.imageOf(t, program)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: t.os, Architecture: t.arch}}})
	}
	outer := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: index, Descriptor: v1.Descriptor{Annotations: map[string]string{
		"org.opencontainers.image.ref.name": r.stamp.version, "io.containerd.image.name": "okazaki:" + r.stamp.number(),
	}}})
	folder := filepath.Join(r.work, "image")
	if _, err := layout.Write(folder, outer); err != nil {
		return err
	}
	files, err := filesOf(folder)
	if err != nil {
		return err
	}
	packed, err := tarred(files, r.stamp.date)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.dist, "okazaki_"+r.stamp.number()+"_oci.tar"), packed, 0o666)
}

// imageOf is the image of one target: the program, the roots of trust that it
// reaches a cloud by, and an empty folder of its own for what it keeps. Nextflow
// and Galaxy want a shell in an image, and so take the one of Bioconda.
func (r *release) imageOf(t target, program string) (v1.Image, error) {
	b, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	plain, err := tarred([]file{
		{"usr/bin/okazaki", 0o755, b},
		{"etc/ssl/certs/ca-certificates.crt", 0o644, roots()},
		{"etc/passwd", 0o644, []byte("okazaki:x:65532:65532::/home/okazaki:/sbin/nologin\n")},
		{"home/okazaki/.keep", 0o644, nil},
		{"tmp/.keep", 0o644, nil},
	}, r.stamp.date)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(plain)), nil }, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	if image, err = mutate.Append(image, mutate.Addendum{Layer: layer, MediaType: types.OCILayer, History: v1.History{Created: v1.Time{Time: r.stamp.date}, CreatedBy: "tools/release"}}); err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = t.os, t.arch, v1.Time{Time: r.stamp.date}
	config.Config = v1.Config{
		Entrypoint: []string{"/usr/bin/okazaki"}, User: "65532:65532", WorkingDir: "/home/okazaki",
		Env: []string{"PATH=/usr/bin", "HOME=/home/okazaki", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"},
		Labels: map[string]string{
			"org.opencontainers.image.title": "okazaki", "org.opencontainers.image.version": r.stamp.number(),
			"org.opencontainers.image.revision": r.stamp.commit, "org.opencontainers.image.licenses": "Apache-2.0",
		},
	}
	return mutate.ConfigFile(image, config)
}

// roots are the certificates that Mozilla trusts for servers without a
// constraint, in PEM.
func roots() []byte {
	var b bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer takes all
		}
	}
	return b.Bytes()
}

// filesOf returns the files of a folder, by name.
func filesOf(folder string) (files []file, err error) {
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		files = append(files, file{filepath.ToSlash(name), 0o644, b})
		return err
	})
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files, err
}
