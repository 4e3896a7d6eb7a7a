package s3test

import (
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
)

// A Restarted is a Versity that a test may kill and start again, on the same
// folder and at the same endpoint.
type Restarted struct {
	Endpoint string

	server *server
	behind atomic.Pointer[string] // host and port of the server that runs
}

// Restarts starts such a server.
func Restarts(t *testing.T) *Restarted {
	t.Helper()
	r := &Restarted{server: newServer(t)}
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = front.Close() })
	r.Endpoint = "http://" + front.Addr().String()
	r.start()
	go func() {
		for {
			conn, err := front.Accept()
			if err != nil {
				return // the test is over
			}
			go r.forward(conn)
		}
	}()
	return r
}

func (r *Restarted) start() {
	address := strings.TrimPrefix(r.server.start().endpoint, "http://")
	r.behind.Store(&address)
}

// Restart kills the server, whatever it is at, and starts it again.
func (r *Restarted) Restart() {
	r.server.stop()
	r.start()
}

// forward joins a client to the server. A client of a server that is dead
// loses its connection.
func (r *Restarted) forward(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", *r.behind.Load())
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		defer server.Close()
		_, _ = io.Copy(server, client) // until either side ends
	}()
	_, _ = io.Copy(client, server) // likewise
}
