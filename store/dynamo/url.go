package dynamo

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"okazaki"
	"okazaki/store"
)

const urlHint = `write "dynamo://TABLE/PREFIX?region=REGION&large=s3://BUCKET/PREFIX", and for a server of your own "&endpoint=http://HOST:PORT"`

var tableName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// FromURL is the store of "dynamo://table/prefix?endpoint=…&region=…&keep=…".
// openLarge opens what the option large names, if it names anything.
func FromURL(ctx context.Context, u *url.URL, openLarge func(context.Context, *url.URL) (okazaki.Store, error)) (*Store, error) {
	o, large, err := parse(u)
	if err != nil {
		return nil, err
	}
	if large != nil {
		if o.Large, err = openLarge(ctx, large); err != nil {
			return nil, err
		}
	}
	return Open(ctx, o)
}

// parse is what a store's URL says, and the URL of its store of large values.
func parse(u *url.URL) (Options, *url.URL, error) {
	q := u.Query()
	o := Options{
		Table: u.Host, Prefix: strings.Trim(u.Path, "/"),
		Endpoint: q.Get("endpoint"), Region: q.Get("region"),
	}
	wrong := func(what string) (Options, *url.URL, error) {
		return Options{}, nil, &okazaki.Error{Message: "the store " + u.Redacted() + " can't be used: " + what, Hint: urlHint}
	}
	for name := range q {
		switch name {
		case "endpoint", "region", "large", "keep":
		default:
			return wrong("it has no option " + name)
		}
	}
	switch {
	case u.Scheme != "dynamo" || u.Opaque != "":
		return wrong("it is not a table")
	case u.User != nil:
		return wrong("credentials don't belong into it")
	case !tableName.MatchString(o.Table):
		return wrong("it names no table")
	case o.Prefix != "" && (store.CheckKey(o.Prefix) != nil || len(o.Prefix) > 255):
		return wrong("its prefix is not short lower-case words between slashes")
	}
	if o.Endpoint != "" {
		if e, err := url.Parse(o.Endpoint); err != nil || e.Scheme != "http" && e.Scheme != "https" || e.Host == "" || e.User != nil {
			return wrong("its endpoint is not an address like http://127.0.0.1:8000")
		}
	}
	if keep := q.Get("keep"); keep != "" {
		d, err := store.ParseKeep(keep)
		if err != nil {
			return wrong(err.Error())
		}
		o.Keep = d
	}
	if q.Get("large") == "" {
		return o, nil, nil
	}
	large, err := url.Parse(q.Get("large"))
	if err != nil || large.Scheme == "" || large.Scheme == "dynamo" {
		return wrong("large is not the URL of another store")
	}
	return o, large, nil
}
