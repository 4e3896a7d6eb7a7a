package main

import (
	"encoding/json"
	"testing"

	"okazaki/client"
)

// TestProbeOfOddNames describes a store in JSON, whatever its name.
func TestProbeOfOddNames(t *testing.T) {
	for _, name := range []string{"plain", `a "b"`, "a\u00a0b", "a\U000e0041b"} {
		dir := t.TempDir()
		url := "dir:" + name // a name that is relative is told as it is
		p := start(t, dir, "store", "probe", "--json", url)
		code := p.exit()
		var got probed
		if err := json.Unmarshal([]byte(p.stdout.String()), &got); err != nil || code != 0 || got.Store != url || !got.OK || got.Calls == 0 {
			t.Errorf("%q: exit code %d, %v: %s%s", name, code, err, &p.stdout, &p.stderr)
		}
	}
}

func TestFolderOfAStore(t *testing.T) {
	for raw, want := range map[string]string{
		"dir:st": "st", "dir:/a/st?sync=no": "/a/st", "dir:a%20b": "a b", "mem:": "", "": "", "s3://bucket/prefix": "",
		"dynamo://table/prefix": "", "dynamo://table/prefix?large=dir:st": "st",
	} {
		if got := client.StoreFolder(raw); got != want {
			t.Errorf("%q: %q, not %q", raw, got, want)
		}
	}
}
