package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"golang.org/x/term"
)

// A teller says on stderr what goes on: as lines for a person, or as JSON
// events. Many goroutines may use one.
type teller struct {
	quiet   bool
	verbose bool
	events  *slog.Logger // nil: lines

	mu    sync.Mutex
	w     io.Writer
	width int  // of the terminal; 0: there is none
	shown bool // a line of progress stands on the terminal
}

func newTeller(w io.Writer, json, quiet bool) *teller {
	t := &teller{w: w, quiet: quiet}
	if json {
		t.events = slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.MessageKey {
				a.Key = "event"
			}
			return a
		}}))
		return t
	}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if t.width, _, _ = term.GetSize(int(f.Fd())); t.width == 0 {
			t.width = 80
		}
	}
	return t
}

// say tells an event: text to a person, the name and attributes to a program.
func (t *teller) say(event, text string, attrs ...any) {
	if !t.quiet {
		t.tell(slog.LevelInfo, event, text, attrs)
	}
}

// warn tells of what went wrong without ending the command.
func (t *teller) warn(event, text string, attrs ...any) {
	if !t.quiet {
		t.tell(slog.LevelWarn, event, text, attrs)
	}
}

// fail tells the error that ends the command, quiet or not.
func (t *teller) fail(err error, code int) {
	t.tell(slog.LevelError, "error", err.Error(), []any{"error", err.Error(), "exit", code})
}

func (t *teller) tell(level slog.Level, event, text string, attrs []any) {
	if t.events != nil {
		t.events.Log(context.Background(), level, event, attrs...)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wipe()
	fmt.Fprintf(t.w, "okazaki: %s\n", text)
}

// progress shows a line in the place of the last one; off a terminal, a line
// of its own.
func (t *teller) progress(text string, attrs ...any) {
	switch {
	case t.quiet:
	case t.width == 0:
		t.tell(slog.LevelInfo, "progress", text, attrs)
	default:
		t.mu.Lock()
		defer t.mu.Unlock()
		if r := []rune(text); len(r) >= t.width {
			text = string(r[:t.width-1])
		}
		fmt.Fprintf(t.w, "\r\x1b[K%s", text)
		t.shown = true
	}
}

// still takes the line of progress away.
func (t *teller) still() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wipe()
}

func (t *teller) wipe() {
	if t.shown {
		fmt.Fprint(t.w, "\r\x1b[K")
		t.shown = false
	}
}
