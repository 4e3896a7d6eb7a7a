package filetest

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"
)

// archives are the archives of testdata by the paths that they hold.
var archives = map[string]string{
	"variant/human":        "vep.tar.xz",
	"variant/golden":       "vep.tar.xz",
	"variant/bcftools_csq": "bcftools.tar.xz",
	"variant/pgx":          "pharmcat.tar.xz",
	"variant/vrs":          "vrs.tar.xz",
	"virus/sars2/ncov":     "ncov.tar.xz",
}

// Data returns the path of a file or folder of the test data, which has a slash
// path there, or skips the test. If OKAZAKI_DATA is set, it names the only folder
// that has test data. Otherwise they are in shared/data beside the checkout, or
// in the archives of testdata.
func Data(tb testing.TB, name string) string {
	tb.Helper()
	path, err := find(os.Getenv("OKAZAKI_DATA"), name)
	if errors.Is(err, fs.ErrNotExist) {
		tb.Skipf("to run it: set OKAZAKI_DATA to the folder of the test data, which has %s", name)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return path
}

// find returns the path of a file of the test data, in a folder if one is given.
func find(folder, name string) (string, error) {
	if folder != "" {
		return existing(filepath.Join(folder, filepath.FromSlash(name)))
	}
	root, err := checkout()
	if err != nil {
		return "", err
	}
	if path, err := existing(filepath.Join(root, "..", "shared", "data", filepath.FromSlash(name))); err == nil {
		return path, nil
	}
	for held, archive := range archives {
		if name == held || strings.HasPrefix(name, held+"/") {
			cache, err := os.UserCacheDir()
			if err != nil {
				cache = os.TempDir()
			}
			unpacked, err := unpack(filepath.Join(root, "internal", "filetest", "testdata", archive), filepath.Join(cache, "okazaki-testdata"))
			if err != nil {
				return "", err
			}
			return existing(filepath.Join(unpacked, filepath.FromSlash(name)))
		}
	}
	return "", fmt.Errorf("%s: %w", name, fs.ErrNotExist)
}

func existing(path string) (string, error) {
	if _, err := os.Stat(path); err != nil {
		return "", err
	}
	return filepath.Abs(path)
}

// checkout returns the folder of the checkout that a test runs in.
func checkout() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no folder above the test has a go.mod")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

// unpack returns the folder of an archive's files, whose name is the archive's
// digest. Processes that unpack an archive at once don't disturb each other.
func unpack(archive, cache string) (string, error) {
	packed, err := os.ReadFile(archive)
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, fmt.Sprintf("%.8x", sha256.Sum256(packed)))
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	staged, err := os.MkdirTemp(cache, "unpacking-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(staged)
	if err := extract(packed, staged); err != nil {
		return "", fmt.Errorf("%s: %w", archive, err)
	}
	if err := os.Rename(staged, folder); err != nil {
		if _, other := os.Stat(folder); other != nil {
			return "", err
		}
	}
	return folder, nil
}

// extract writes the files of an archive to a folder.
func extract(packed []byte, folder string) error {
	z, err := xz.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	in := tar.NewReader(z)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		b, err := io.ReadAll(in)
		if err != nil {
			return err
		}
		if err := root.MkdirAll(filepath.Dir(filepath.FromSlash(h.Name)), 0o755); err != nil {
			return err
		}
		if err := root.WriteFile(filepath.FromSlash(h.Name), b, 0o644); err != nil {
			return err
		}
	}
}
