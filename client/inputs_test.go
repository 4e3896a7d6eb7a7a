package client

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestFolders takes folders for the files in them. It takes the files of
// folders within only if there are no others.
func TestFolders(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"flat/b", "flat/a", "flat/.hidden", "flat/in/c", "deep/x/y/2", "deep/x/y/1", "deep/.no/4", "deep/w/3", "empty/.only"} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for folder, want := range map[string][]string{"flat": {"flat/a", "flat/b"}, "deep": {"deep/w/3", "deep/x/y/1", "deep/x/y/2"}, "empty": nil} {
		files, err := filesIn(File{Role: "role", Name: filepath.Join(dir, folder)})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range files {
			name, err := filepath.Rel(dir, f.Name)
			if err != nil || f.Role != "role" {
				t.Fatalf("%+v, %v", f, err)
			}
			got = append(got, filepath.ToSlash(name))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", folder, got, want)
		}
	}
}
