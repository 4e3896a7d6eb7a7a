// Command s3server is the S3 server of the tests: versitygw as a library, on a
// folder whose folders are the buckets.
//
//	s3server FOLDER ACCESS SECRET
//
// It listens on a free port of 127.0.0.1, says http://HOST:PORT on its first
// line once it does, and ends when its standard input does: so it never
// outlives whoever started it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: s3server FOLDER ACCESS SECRET")
		os.Exit(2)
	}
	out := os.Stdout
	os.Stdout = os.Stderr // the library talks too
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // it says nothing, and ends
		cancel()
	}()
	var err error
	for range 5 { // another process may take the port before the server does
		if err = serve(ctx, out, os.Args[1], os.Args[2], os.Args[3]); !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "s3server:", err)
		os.Exit(1)
	}
}

// serve serves the folder until ctx ends, and tells out where.
func serve(ctx context.Context, out io.Writer, folder, access, secret string) error {
	backend, err := posix.New(folder, meta.XattrMeta{}, posix.PosixOpts{})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		return err
	}
	return embedgw.RunVersityGW(ctx, backend, &embedgw.Config{
		RootUserAccess: access, RootUserSecret: secret,
		Ports:     []string{address},
		KeepAlive: true, Quiet: true,
		MultipartMaxParts: 10_000, // as S3 has it
		MaxConnections:    4096, MaxRequests: 2048,
		S3Options: []s3api.Option{s3api.WithOnListen(func() { fmt.Fprintln(out, "http://"+address) })},
	})
}
