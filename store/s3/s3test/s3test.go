// Package s3test starts S3 servers for tests.
//
// Its one invariant: no server outlives its test or listens beyond this
// machine, and no test meets the user's own credentials.
package s3test

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
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
	return FakeAt(t, time.Now)
}

// FakeAt is Fake with a clock of its own.
func FakeAt(t *testing.T, now func() time.Time) string {
	t.Helper()
	Credentials(t)
	clock := fakeClock{now}
	backend := s3mem.New(s3mem.WithTimeSource(clock))
	if err := backend.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	handler := gofakes3.New(backend, gofakes3.WithTimeSource(clock), gofakes3.WithTimeSkewLimit(0)).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", now().UTC().Format(http.TimeFormat))
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// A fakeClock tells a Fake the time.
type fakeClock struct{ now func() time.Time }

func (c fakeClock) Now() time.Time                  { return c.now() }
func (c fakeClock) Since(t time.Time) time.Duration { return c.now().Sub(t) }

// Versity is the endpoint of a real server, versitygw, in a process of its own
// on a folder of the test. The test is skipped if the program isn't there.
func Versity(t *testing.T) string {
	t.Helper()
	return newServer(t).start().endpoint
}

// A server is versitygw on a folder of the test, with the test's bucket.
type server struct {
	t             *testing.T
	program, root string
	endpoint      string
	stop          func()
}

func newServer(t *testing.T) *server {
	t.Helper()
	program, ok := findServer(t)
	if !ok {
		t.Skip("to run it: go build -C tools -o ../.bin/ ./s3server, or set OKAZAKI_S3SERVER to one")
	}
	Credentials(t)
	s := &server{t: t, program: program, root: t.TempDir()}
	if err := os.Mkdir(filepath.Join(s.root, bucket), 0o755); err != nil {
		t.Fatal(err)
	}
	return s
}

// start starts it, at another endpoint each time.
func (s *server) start() *server {
	s.t.Helper()
	var err error
	if s.endpoint, s.stop, err = startServer(s.program, s.root); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(s.stop)
	return s
}

func findServer(t *testing.T) (string, bool) {
	if path := os.Getenv("OKAZAKI_S3SERVER"); path != "" {
		return path, true
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		path := filepath.Join(dir, ".bin", "s3server")
		if _, err := os.Stat(path); err == nil {
			return path, true
		}
	}
	return "", false
}

// startServer starts the server and returns where it says that it listens, and
// what kills it. It ends with its standard input too: with this process.
func startServer(program, root string) (endpoint string, stop func(), err error) {
	var log bytes.Buffer
	cmd := exec.Command(program, root, access, secret)
	cmd.Stderr = &log
	alive, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = sync.OnceFunc(func() { // nothing that it holds is worth a wait
		_ = alive.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("the S3 server ended: %s", log.String())
	}
	return strings.TrimSpace(line), stop, nil
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
