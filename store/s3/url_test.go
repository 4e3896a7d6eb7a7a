package s3

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"okazaki"
	"okazaki/store"
)

func TestParse(t *testing.T) {
	for raw, want := range map[string]Options{
		"s3://b":                      {Bucket: "b"},
		"s3://b/":                     {Bucket: "b"},
		"s3://my-bucket/p/q/":         {Bucket: "my-bucket", Prefix: "p/q"},
		"s3://b/p?region=eu-west-1":   {Bucket: "b", Prefix: "p", Region: "eu-west-1"},
		"s3://b?endpoint=http://h:90": {Bucket: "b", Endpoint: "http://h:90"},
		"s3://b?keep=30d":             {Bucket: "b", Keep: 30 * 24 * time.Hour},
		"s3://b?endpoint=https%3A%2F%2Fh%2Fpath&region=x": {Bucket: "b", Endpoint: "https://h/path", Region: "x"},
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parse(u); err != nil || got != want {
			t.Errorf("%s: %+v, %v", raw, got, err)
		}
	}
	for _, raw := range []string{
		"s3:", "s3://", "s3:b", "s3:///p", "http://b", "s3://B", "s3://b/P", "s3://b/../p", "s3://b//p//q", "s3://key:secret@b", "s3://b:80",
		"s3://b?endpoint=h:90", "s3://b?endpoint=ftp://h", "s3://b?endpoint=http://u:p@h", "s3://b?endpoint=http://", "s3://b?color=red", "s3://b?keep=soon", "s3://b?keep=-1h",
		"s3://b/" + strings.Repeat("p", 300),
	} {
		u, err := url.Parse(raw)
		if err != nil {
			continue
		}
		_, err = parse(u)
		if mend, ok := errors.AsType[*okazaki.Error](err); !ok || mend.Hint == "" {
			t.Errorf("%s: %v", raw, err)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: shows a secret: %v", raw, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, raw := range []string{"s3://b/p?region=r&endpoint=http://h:1", "s3://b/%2e%2e/p", "s3://b/a%2fb", "s3:b"} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := url.Parse(raw)
		if err != nil {
			return
		}
		o, err := parse(u)
		if err != nil {
			if _, ok := errors.AsType[*okazaki.Error](err); !ok {
				t.Errorf("%q: %v", raw, err)
			}
			return
		}
		if o.Bucket == "" || strings.ContainsAny(o.Bucket, "/:@?#%") || o.Prefix != "" && store.CheckKey(o.Prefix) != nil {
			t.Errorf("%q: %+v", raw, o)
		}
		if longest := len(o.Prefix) + 1 + store.MaxKey; longest > 1024 {
			t.Errorf("%q: keys of %d bytes", raw, longest)
		}
	})
}
