// Package aws puts Okazaki into an AWS account: one stack from one template,
// and what it costs.
//
// Its one invariant: deleting a deployment deletes all that it made, but for
// the data that the user keeps.
package aws

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"time"
)

// Template is the CloudFormation file, whole.
//
//go:embed template.yaml
var Template string

// Zip packs a program as a function's code. The same program gives the same
// bytes.
func Zip(program string) ([]byte, error) {
	f, err := os.Open(program)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.DefaultCompression) })
	h := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate, Modified: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}
	h.SetMode(0o755)
	w, err := z.CreateHeader(h)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(w, f); err != nil {
		return nil, fmt.Errorf("%s: %w", program, err)
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// codeKey is the key of code in its bucket: another program has another key,
// so that a stack sees the change.
func codeKey(code []byte) string {
	sum := sha256.Sum256(code)
	return "functions/" + hex.EncodeToString(sum[:16]) + ".zip"
}
