// Package s3test starts S3 servers for tests.
//
// Its one invariant: no server outlives its test or listens beyond this
// machine, and no test meets the user's own credentials.
package s3test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

const (
	bucket = "okazaki-test"
	access = "okazaki"
	secret = "okazaki-secret"
)

// URL is the store's URL for the test bucket at an endpoint.
func URL(endpoint, prefix string) string {
	return "s3://" + bucket + "/" + prefix + "?region=us-east-1&endpoint=" + url.QueryEscape(endpoint)
}

// Credentials sets the environment, for the time of the test, to the test
// servers' credentials and nothing else.
func Credentials(t *testing.T) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	none := filepath.Join(t.TempDir(), "none")
	t.Setenv("AWS_CONFIG_FILE", none)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", none)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_ACCESS_KEY_ID", access)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
}

// Fake is the endpoint of a server in this process, in memory. It creates a
// key once, and knows no credentials, no faults and no other process.
func Fake(t *testing.T) string {
	t.Helper()
	Credentials(t)
	backend := s3mem.New()
	if err := backend.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	return server.URL
}

// Versity is the endpoint of a real server, versitygw, in a process of its own
// on a folder of the test. The test is skipped if the binary isn't there.
func Versity(t *testing.T) string {
	t.Helper()
	binary, ok := findVersity(t)
	if !ok {
		t.Skip("no versitygw: go build -C tools -o ../.bin/versitygw github.com/versity/versitygw/cmd/versitygw, or set OKAZAKI_VERSITYGW")
	}
	Credentials(t)
	var err error
	for range 3 { // another process may take the port before the server does
		var endpoint string
		if endpoint, err = startVersity(t, binary); err == nil {
			return endpoint
		}
	}
	t.Fatal(err)
	return ""
}

func findVersity(t *testing.T) (string, bool) {
	if path := os.Getenv("OKAZAKI_VERSITYGW"); path != "" {
		return path, true
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		path := filepath.Join(dir, ".bin", "versitygw")
		if _, err := os.Stat(path); err == nil {
			return path, true
		}
	}
	return "", false
}

func startVersity(t *testing.T, binary string) (endpoint string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	address := listener.Addr().String()
	_ = listener.Close()

	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, bucket), 0o755); err != nil {
		return "", err
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "versitygw.log"))
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(t.Context(), binary,
		"--port", address, "--access", access, "--secret", secret, "--keep-alive", "--quiet", "posix", root)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return "", err
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it ends by our signal
		_ = log.Close()
		close(done)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-done
	})
	for {
		select {
		case <-done:
			said, _ := os.ReadFile(log.Name())
			return "", fmt.Errorf("versitygw ended: %s", said)
		case <-time.After(20 * time.Millisecond):
		}
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			return "http://" + address, nil
		}
	}
}

// Put writes empty objects to the test bucket, under any names, past a Fake's
// want of signatures.
func Put(t *testing.T, endpoint string, names ...string) {
	t.Helper()
	for _, name := range names {
		u := endpoint + "/" + bucket + "/" + (&url.URL{Path: name}).EscapedPath()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, u, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("put %s: %s", name, answer.Status)
		}
	}
}
