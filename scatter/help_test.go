package scatter

import (
	"context"
	"flag"
	"io"
	"os"
	"testing"

	"okazaki"
)

// TestMain has properties draw the same each time, unless a seed is given. More
// are drawn with -rapid.checks.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("rapid.seed").Value.String() == "0" {
		if err := flag.Set("rapid.seed", "1"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func readAll(s okazaki.Store, id string, stage int) ([]byte, error) {
	r, err := Gathered(s, id, stage)(context.Background())
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// simReader reads a simulated store as it is, without faults.
type simReader struct{ *simStore }

func (r simReader) Create(context.Context, string, []byte) error { panic("read only") }
func (r simReader) Delete(context.Context, string) error         { panic("read only") }
func (r simReader) Get(_ context.Context, key string) (okazaki.Value, error) {
	v := r.at(key)
	if v == nil {
		return okazaki.Value{}, okazaki.ErrNotFound
	}
	return okazaki.Value{Bytes: v.bytes}, nil
}
func (r simReader) List(context.Context, string, string) ([]okazaki.Entry, error) {
	panic("not needed")
}
