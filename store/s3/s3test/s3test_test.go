package s3test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/url"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// The server listens on this machine alone, and ends with its test.
func TestVersityEnds(t *testing.T) {
	if _, ok := findServer(t); !ok {
		t.Skip("to run it: go build -C tools -o ../.bin/ ./s3server, or set OKAZAKI_S3SERVER to one")
	}
	var address string
	t.Run("while it runs", func(t *testing.T) {
		u, err := url.Parse(Versity(t))
		if err != nil {
			t.Fatal(err)
		}
		address = u.Host
		if host, _, err := net.SplitHostPort(address); err != nil || host != "127.0.0.1" {
			t.Errorf("it listens at %s (%v)", address, err)
		}
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
	})
	if address == "" {
		t.Fatal("it did not run")
	}
	if _, err := net.Dial("tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after the test it answers %v", err)
	}
}

// The process that starts it may be killed, and it ends all the same.
func TestVersityEndsWithItsInput(t *testing.T) {
	program, ok := findServer(t)
	if !ok {
		t.Skip("to run it: go build -C tools -o ../.bin/ ./s3server, or set OKAZAKI_S3SERVER to one")
	}
	cmd := exec.Command(program, t.TempDir(), access, secret)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(out)
	line, err := said.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "http://127.0.0.1:") {
		t.Errorf("it says %q (%v)", line, err)
	}
	_ = in.Close()
	rest, err := io.ReadAll(said)
	if err != nil || len(rest) > 0 {
		t.Errorf("it goes on with %q (%v)", rest, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
