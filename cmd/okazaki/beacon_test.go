package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"okazaki/analysis/variant/gene"
)

// TestBeaconServes starts the command on a port that the system chooses, asks
// it, and stops it.
func TestBeaconServes(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join("..", "..", "api", "beacon", "testdata")
	genes := filepath.Join(t.TempDir(), "genes.okg")
	compileGenes(t, dir, genes)
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), exe, "beacon", "serve", "--vcf", filepath.Join(dir, "small.vcf"), "--genes", genes, filepath.Join(dir, "sites.vcf"))
	cmd.Env, cmd.Stderr = append(os.Environ(), asOkazaki+"=1", "OKAZAKI_CONFIG="), &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	url, err := bufio.NewReader(stdout).ReadString('\n')
	url = strings.TrimSpace(url)
	if err != nil || !strings.HasPrefix(url, "http://127.0.0.1:") {
		_ = cmd.Wait() // it has ended, and says why
		t.Fatalf("the first line is %q, %v: %s", url, err, &stderr)
	}
	ask := func(method, target, body, host string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, url+target, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		reply, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Body.Close()
		data, err := io.ReadAll(reply.Body)
		if err != nil {
			t.Fatal(err)
		}
		return reply.StatusCode, string(data)
	}
	for _, c := range []struct {
		method, target, body, host string
		status                     int
		want                       string
	}{
		{"GET", "/g_variants?geneId=TTN1&requestedGranularity=count", "", "", 200, `"numTotalResults":3}`},
		{"POST", "/g_variants", `{"query":{"requestParameters":{"referenceName":"20","start":[499],"alternateBases":"T"},"requestedGranularity":"record"}}`, "localhost", 200, `"variantInternalId":"20-500-C-T"`},
		{"GET", "/map", "", "", 200, url + "/g_variants"},
		{"GET", "/service-info", "", "", 200, `"artifact":"beacon"`},
		{"GET", "/g_variants?start=1", "", "", 400, `"errorCode":400`},
		{"GET", "/info", "", "elsewhere.example.org", 403, "own machine"},
	} {
		if status, body := ask(c.method, c.target, c.body, c.host); status != c.status || !strings.Contains(body, c.want) || status != 403 && !json.Valid([]byte(body)) {
			t.Errorf("%s %s: %d %s", c.method, c.target, status, body)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("stopped: %v: %s", err, &stderr)
	}
	if !strings.Contains(stderr.String(), "small.vcf: 13 alleles, 3 samples") {
		t.Errorf("stderr: %s", &stderr)
	}
}

// compileGenes writes the genes of the Beacon's tests as a model file.
func compileGenes(t *testing.T, dir, name string) {
	t.Helper()
	text := func(name string) gene.Text {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return gene.Text{Name: name, Reader: bytes.NewReader(data)}
	}
	m, err := gene.Compile(text("genes.gff3"), text("genes.fa"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := m.Write(f); err != nil {
		t.Fatal(err)
	}
}
