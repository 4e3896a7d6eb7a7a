package local_test

import (
	"testing"

	"okazaki"
	"okazaki/wake/local"
	"okazaki/wake/waketest"
)

func TestConformance(t *testing.T) {
	waketest.Run(t, func(*testing.T) okazaki.Waker { return local.New(16) })
}

func TestOrderAndDrop(t *testing.T) {
	k := local.New(2)
	for i := range 5 {
		if err := k.Ring(t.Context(), okazaki.Wake{Hint: i}); err != nil {
			t.Fatal(err)
		}
	}
	for want := range 2 {
		w, err := k.Wait(t.Context(), false)
		if err != nil || w.Hint != want {
			t.Errorf("wake %d is %+v, %v", want, w, err)
		}
	}
	if err := k.Ring(t.Context(), okazaki.Wake{Hint: 9}); err != nil {
		t.Fatal(err)
	}
	if w, err := k.Wait(t.Context(), false); err != nil || w.Hint != 9 {
		t.Errorf("what was dropped came back: %+v, %v", w, err)
	}
}
