// Package dynamotest starts DynamoDB servers for tests, in memory: dynalite,
// and AWS's own DynamoDB Local as the reference.
//
// Its one invariant: no server outlives its test or listens beyond this
// machine.
package dynamotest

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Table is the table that a Dynalite has.
const Table = "okazaki-test"

// URL is a store's in the test table, with more options or none.
func URL(endpoint, prefix, options string) string {
	return "dynamo://" + Table + "/" + prefix + "?region=us-east-1&endpoint=" + url.QueryEscape(endpoint) + options
}

// Dynalite is the endpoint of a server in a process of its own, with an empty
// Table. The test is skipped if the program isn't there.
func Dynalite(t *testing.T) string {
	t.Helper()
	endpoint := Empty(t)
	const create = `{"TableName":"` + Table + `","BillingMode":"PAY_PER_REQUEST",
		"AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"},{"AttributeName":"k","AttributeType":"S"}],
		"KeySchema":[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"k","KeyType":"RANGE"}]}`
	Call(t, endpoint, "CreateTable", create)
	return endpoint
}

// Empty is Dynalite without a table. OKAZAKI_DYNAMODB may name the endpoint of
// another server that is running, or about to, such as DynamoDB Local: its
// Table is deleted.
func Empty(t *testing.T) string {
	t.Helper()
	if endpoint := os.Getenv("OKAZAKI_DYNAMODB"); endpoint != "" {
		for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
			answer, err := call(t, endpoint, "DeleteTable", `{"TableName":"`+Table+`"}`)
			if err == nil {
				_ = answer.Body.Close() // it may not have been there
				return endpoint
			}
			if time.Since(began) > time.Minute {
				t.Fatal(err)
			}
		}
	}
	program, ok := find(t, "dynalite", "cli.js")
	if !ok {
		t.Skip("to run it: npm install --prefix tools/npm, which brings dynalite")
	}
	var err error
	for range 3 { // another process may take the port before the server does
		var endpoint string
		if endpoint, err = start(t, program); err == nil {
			return endpoint
		}
	}
	t.Fatal(err)
	return ""
}

// Call makes a call of DynamoDB's with a body of JSON.
func Call(t *testing.T, endpoint, operation, body string) {
	t.Helper()
	answer, err := call(t, endpoint, operation, body)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", operation, answer.Status)
	}
}

func call(t *testing.T, endpoint, operation, body string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=okazaki/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	request.Header.Set("X-Amz-Date", "20260101T000000Z")
	return http.DefaultClient.Do(request)
}

// find returns where a file of a package of tools/npm is.
func find(t *testing.T, name ...string) (string, bool) {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		path := filepath.Join(append([]string{dir, "tools", "npm", "node_modules"}, name...)...)
		if _, err := os.Stat(path); err == nil {
			return path, true
		}
	}
	return "", false
}

func start(t *testing.T, program string) (endpoint string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	address := listener.Addr().(*net.TCPAddr)
	_ = listener.Close()
	log, err := os.Create(filepath.Join(t.TempDir(), "dynalite.log"))
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(t.Context(), "node", program,
		"--host", "127.0.0.1", "--port", fmt.Sprint(address.Port), "--createTableMs", "0", "--deleteTableMs", "0")
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
			return "", fmt.Errorf("dynalite ended: %s", said)
		case <-time.After(20 * time.Millisecond):
		}
		if conn, err := net.Dial("tcp", address.String()); err == nil {
			_ = conn.Close()
			return "http://" + address.String(), nil
		}
	}
}
