package dir_test

import (
	"fmt"
	"testing"

	"okazaki/store/dir"
	"okazaki/store/storetest"
)

func BenchmarkCreate(b *testing.B) {
	for _, o := range []dir.Options{{}, {NoSync: true}} {
		for _, workers := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("nosync=%v/workers=%d", o.NoSync, workers), func(b *testing.B) {
				s, err := dir.Open(b.TempDir(), o)
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				storetest.BenchmarkCreate(b, s, workers)
			})
		}
	}
}
