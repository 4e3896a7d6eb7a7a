package okazaki

import "time"

// MBs are megabyte-seconds, the unit of budgets: megabytes of memory, times the
// seconds that they are in use.
type MBs int64

// MBms are megabyte-milliseconds, the unit in which work is measured and calls
// have their price.
type MBms int64

// MBsOf is that many gigabyte-seconds, rounded towards 0.
func MBsOf(gbs float64) MBs { return MBs(gbs * 1024) }

// MBmsOf is what a worker of that many megabytes takes in that time.
func MBmsOf(megabytes int64, took time.Duration) MBms { return MBms(took.Milliseconds() * megabytes) }

// GBs is m in gigabyte-seconds, as people are told.
func (m MBs) GBs() float64 { return float64(m) / 1024 }

// MBms is m in megabyte-milliseconds.
func (m MBs) MBms() MBms { return MBms(m) * 1000 }

// GBs is m in gigabyte-seconds.
func (m MBms) GBs() float64 { return float64(m) / 1024 / 1000 }

// MBs is m in whole megabyte-seconds, rounded down: what was spent.
func (m MBms) MBs() MBs { return MBs(m / 1000) }

// Reserve is m in whole megabyte-seconds, rounded up: what pays for it.
func (m MBms) Reserve() MBs { return MBs((m + 999) / 1000) }
