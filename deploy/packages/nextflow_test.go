package packages_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// modules are the modules of Nextflow, with what a workflow gives each.
var modules = []struct {
	name, make string // make prepares the inputs
	given      map[string]any
}{
	{"virus", "", map[string]any{"genomes": "genomes.fasta", "dataset": []any{}, "args": "--reference reference.fasta --annotation genes.gff3 --html"}},
	{"guide", "", map[string]any{"genome": "reference.fasta", "target": "small:91-690", "args": ""}},
	{"variant", `okazaki index genes -q genes.gff3 --fasta reference.fasta -o model.okg
ref=$(grep -v '>' reference.fasta | tr -d '\n' | cut -c 200)
alt=$(echo "$ref" | tr ACGT CATG)
printf '##fileformat=VCFv4.3\n##contig=<ID=small>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nsmall\t200\t.\t%s\t%s\t.\t.\t.\n' "$ref" "$alt" > variants.vcf`,
		map[string]any{"vcf": "variants.vcf", "genes": "model.okg", "known": []any{}, "args": ""}},
}

// groovy runs a script of testdata.
func groovy(t *testing.T, args ...string) string {
	t.Helper()
	needs(t, "groovy", "groovy")
	needs(t, "java", "default-jre-headless")
	java, err := exec.LookPath("java")
	if err == nil {
		java, err = filepath.EvalSymlinks(java)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("groovy", args...)
	cmd.Env = append(os.Environ(), "JAVA_HOME="+filepath.Dir(filepath.Dir(java)))
	return said(t, cmd)
}

// promised are the files that a module's process must leave.
var promised = regexp.MustCompile(`path\("(.+?)"\)?\s*, emit: \w+( *, optional: true)?`)

// checkNextflow makes of each module's script and stub the command that
// Nextflow would, runs it, and looks for the files that the process promises.
func checkNextflow(t *testing.T, prefix, version string) {
	var all []string
	for _, pattern := range []string{"main.nf", "tests/main.nf.test"} {
		found, err := filepath.Glob("nextflow/modules/okazaki/*/" + pattern)
		if err != nil || len(found) != len(modules) {
			t.Fatalf("%q, %v", found, err)
		}
		all = append(all, found...)
	}
	groovy(t, append([]string{"testdata/parse.groovy"}, all...)...)
	for _, m := range modules {
		t.Run(m.name, func(t *testing.T) {
			file := filepath.Join("nextflow/modules/okazaki", m.name, "main.nf")
			m.given["meta"] = map[string]any{"id": "sample"}
			m.given["task"] = map[string]any{"cpus": 1, "process": "OKAZAKI", "ext": map[string]any{"args": m.given["args"]}}
			values, err := json.Marshal(m.given)
			if err != nil {
				t.Fatal(err)
			}
			for _, section := range []string{"script", "stub"} {
				dir := inputs(t)
				bash(t, dir, prefix, m.make)
				bash(t, dir, prefix, groovy(t, "testdata/nextflow.groovy", file, section, string(values)))
				checkPromised(t, section, read(t, file), dir, version)
			}
		})
	}
}

func checkPromised(t *testing.T, section, module, dir, version string) {
	t.Helper()
	found := promised.FindAllStringSubmatch(module, -1)
	if len(found) < 2 {
		t.Errorf("it promises %q", found)
	}
	for _, p := range found {
		info, err := os.Stat(filepath.Join(dir, strings.ReplaceAll(p[1], "${prefix}", "sample")))
		if p[2] == "" && (err != nil || section == "script" && info.Size() == 0) {
			t.Errorf("%s leaves no %s: %v", section, p[1], err)
		}
	}
	var versions map[string]map[string]string
	if err := yaml.Unmarshal([]byte(read(t, dir, "versions.yml")), &versions); err != nil || versions["OKAZAKI"]["okazaki"] != version {
		t.Errorf("%s: versions.yml has %v (%v), want %s", section, versions, err, version)
	}
}
