package s3

import (
	"context"
	"net/url"
	"strings"

	"okazaki"
	"okazaki/store"
)

const urlHint = `write "s3://BUCKET/PREFIX?region=REGION", for a server of your own with "&endpoint=http://HOST:PORT", and with "&keep=30d" if objects expire`

// FromURL is the store of "s3://bucket/prefix?endpoint=…&region=…&keep=…".
func FromURL(ctx context.Context, u *url.URL) (*Store, error) {
	o, err := parse(u)
	if err != nil {
		return nil, err
	}
	return Open(ctx, o)
}

// parse is what a store's URL says.
func parse(u *url.URL) (Options, error) {
	q := u.Query()
	o := Options{
		Bucket:   u.Host,
		Prefix:   strings.Trim(u.Path, "/"),
		Endpoint: q.Get("endpoint"),
		Region:   q.Get("region"),
	}
	wrong := func(what string) (Options, error) {
		return Options{}, &okazaki.Error{Message: "the store " + u.Redacted() + " can't be used: " + what, Hint: urlHint}
	}
	for name := range q {
		if name != "endpoint" && name != "region" && name != "keep" {
			return wrong("it has no option " + name)
		}
	}
	switch {
	case u.Scheme != "s3" || u.Opaque != "":
		return wrong("it is not a bucket")
	case u.User != nil:
		return wrong("credentials don't belong into it")
	case o.Bucket == "" || !store.IsPart(o.Bucket):
		return wrong("it names no bucket")
	case o.Prefix != "" && (store.CheckKey(o.Prefix) != nil || len(o.Prefix) >= maxPrefix):
		return wrong("its prefix is not short lower-case words between slashes")
	}
	if o.Endpoint != "" {
		e, err := url.Parse(o.Endpoint)
		if err != nil || e.Scheme != "http" && e.Scheme != "https" || e.Host == "" || e.User != nil || e.RawQuery != "" || e.Fragment != "" {
			return wrong("its endpoint is not an address like http://127.0.0.1:9000")
		}
	}
	if keep := q.Get("keep"); keep != "" {
		var err error
		if o.Keep, err = store.ParseKeep(keep); err != nil {
			return wrong(err.Error())
		}
	}
	return o, nil
}

// maxPrefix is what S3's 1,024 bytes leave besides a key and a slash.
const maxPrefix = 1024 - store.MaxKey
