//go:build aws

package aws_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"okazaki/deploy/aws/function"
	"okazaki/internal/awsemu"
	"okazaki/internal/filetest"
	"okazaki/scatter"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// A cloud is an emulated account with Okazaki in it, put there by the command
// line that a user has.
type cloud struct {
	*awsemu.AWS
	t       *testing.T
	outputs map[string]string
}

var built = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "okazaki-proof-*")
	if err != nil {
		return "", err
	}
	program := filepath.Join(folder, "okazaki")
	said, err := exec.Command("go", "build", "-tags", "lambda.norpc,proof", "-ldflags", "-s -w", "-o", program, "okazaki/cmd/okazaki").CombinedOutput()
	if err != nil {
		return string(said), err
	}
	return program, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if program, err := built(); err == nil {
		_ = os.RemoveAll(filepath.Dir(program))
	}
	os.Exit(code)
}

func okazakiProgram(t *testing.T) string {
	t.Helper()
	program, err := built()
	if err != nil {
		t.Fatalf("%v: %s", err, program)
	}
	return program
}

func arch() string {
	return map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
}

// deploy puts Okazaki into an account of its own. parameters are the
// template's.
func deploy(t *testing.T, faults awsemu.Faults, parameters ...string) *cloud {
	t.Helper()
	c := account(t, faults)
	args := stackArgs(t, "--yes")
	for _, p := range parameters {
		args = append(args, "--set", p)
	}
	for line := range strings.Lines(c.okazaki(args...)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			c.outputs[name] = value
		}
	}
	if c.outputs["Api"] == "" {
		t.Fatalf("no API among the outputs %v", c.outputs)
	}
	return c
}

// okazaki runs the command line as a user of the account.
func (c *cloud) okazaki(args ...string) string {
	c.t.Helper()
	var out, errs bytes.Buffer
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, okazakiProgram(c.t), args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) } // it says where it was
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+c.URL, "AWS_REGION="+awsemu.Region,
		"AWS_ACCESS_KEY_ID=okazaki", "AWS_SECRET_ACCESS_KEY=okazaki-secret", "OKAZAKI_CONFIG=")
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		c.t.Fatalf("okazaki %s: %v\n%s%s\n%v\n%+v\n%s", strings.Join(args, " "), err, out.String(), tail(errs.String()), c.Counts(), c.Functions(), tail(c.Logs()))
	}
	c.t.Log(errs.String())
	return out.String()
}

// call makes a signed request of the HTTP API.
func (c *cloud) call(method, path string, body, answer any) int {
	c.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.outputs["Api"]+path, bytes.NewReader(b))
	if err != nil {
		c.t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	key := awssdk.Credentials{AccessKeyID: "okazaki", SecretAccessKey: "okazaki-secret"}
	if err := v4.NewSigner().SignHTTP(c.t.Context(), key, r, hex.EncodeToString(sum[:]), "execute-api", awsemu.Region, time.Now()); err != nil {
		c.t.Fatal(err)
	}
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer reply.Body.Close()
	said, err := io.ReadAll(reply.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := json.Unmarshal(said, answer); err != nil {
		c.t.Fatalf("%s %s: %s: %s", method, path, reply.Status, said)
	}
	if reply.StatusCode >= 300 {
		c.t.Logf("%s %s: %s: %s", method, path, reply.Status, said)
	}
	return reply.StatusCode
}

// insist makes a request again while the API has trouble.
func (c *cloud) insist(method, path string, body, answer any) {
	c.t.Helper()
	for range 150 {
		status := c.call(method, path, body, answer)
		if status < 300 {
			return
		}
		if status < 500 {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	c.t.Fatalf("%s %s has no answer\n%s", method, path, c.Logs())
}

// upload sends a file by an address that the API signs.
func (c *cloud) upload(path string) string {
	c.t.Helper()
	var u function.Upload
	c.insist("POST", "/uploads", nil, &u)
	b, err := os.ReadFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	for range 20 {
		r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPut, u.URL, bytes.NewReader(b))
		if err != nil {
			c.t.Fatal(err)
		}
		reply, err := http.DefaultClient.Do(r)
		if err != nil {
			continue
		}
		_ = reply.Body.Close()
		if reply.StatusCode == http.StatusOK {
			return u.Upload
		}
	}
	c.t.Fatal("the upload fails")
	return ""
}

// download reads a file by its signed address.
func (c *cloud) download(f function.File) []byte {
	c.t.Helper()
	for range 20 {
		reply, err := http.Get(f.URL)
		if err != nil {
			continue
		}
		b, err := io.ReadAll(reply.Body)
		_ = reply.Body.Close()
		if err == nil && reply.StatusCode == http.StatusOK {
			return b
		}
	}
	c.t.Fatalf("%s can't be downloaded", f.Name)
	return nil
}

// wait waits until the job has ended, and its files are there if it is done.
func (c *cloud) wait(id string) function.Status {
	c.t.Helper()
	for began := time.Now(); ; time.Sleep(500 * time.Millisecond) {
		var s function.Status
		c.insist("GET", "/jobs/"+id, nil, &s)
		if s.State != scatter.Open && (s.State != scatter.Done || len(s.Files) > 0 || s.Error != "") {
			return s
		}
		if time.Since(began) > 10*time.Minute {
			c.t.Fatalf("job %s goes on: %+v\n%+v\n%s", id, s, c.Functions(), tail(c.Logs()))
		}
	}
}

func tail(s string) string { return s[max(0, len(s)-5000):] }

// genomes are 418 real genomes of SARS-CoV-2.
func genomes(t *testing.T) string {
	t.Helper()
	return filetest.Data(t, "virus/sars2/ncov/example_sequences.fasta.gz")
}

// laptop returns the files that this machine alone computes, by name.
func laptop(t *testing.T, path string) map[string][]byte {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "answer")
	cmd := exec.CommandContext(t.Context(), okazakiProgram(t), "virus", "--store", "mem:", "-q", "-o", folder, path)
	cmd.Env = append(os.Environ(), "OKAZAKI_CONFIG=")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return files(t, folder)
}

func files(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue // the command line's record of what it wrote
		}
		if all[e.Name()], err = os.ReadFile(filepath.Join(folder, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// idle checks that nothing goes on once a job has ended.
func (c *cloud) idle() {
	c.t.Helper()
	for began := time.Now(); c.Busy() > 0 || c.Schedules() > 0; time.Sleep(100 * time.Millisecond) {
		if time.Since(began) > 10*time.Minute {
			c.t.Fatalf("%d invocations and %d schedules go on\n%s", c.Busy(), c.Schedules(), tail(c.Logs()))
		}
	}
	before := c.Counts()
	time.Sleep(5 * time.Second) // more than two of the schedules' minutes
	for action, n := range c.Counts() {
		if n != before[action] {
			c.t.Errorf("idle, and yet %d times %s", n-before[action], action)
		}
	}
}
