package main

import (
	"encoding/json"
	"testing"
)

// TestProbeOfOddNames tells of a store in JSON, whatever its name.
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
