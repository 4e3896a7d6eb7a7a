package store

import "time"

// tolerance is more than running clocks drift apart within seconds.
const tolerance = time.Second

// Since is how long ago t was, by this process's monotonic clock; false if the
// process or the machine was frozen meanwhile, as a function between two
// invocations is, or a laptop that sleeps: that clock has then stood still.
// The time of day tells no more than that.
func Since(t time.Time) (d time.Duration, steady bool) {
	now := time.Now()
	d = now.Sub(t)
	return d, steadily(d, now.Round(0).Sub(t.Round(0)))
}

func steadily(monotonic, ofDay time.Duration) bool {
	return (ofDay - monotonic).Abs() <= tolerance
}
