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
	width int        // of the terminal when it was opened; 0: there is none
	size  func() int // its width by now; nil: as it was
	color bool
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
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) && !dumbTerminal() {
		t.size = func() int {
			width, _, err := term.GetSize(int(f.Fd()))
			if err != nil || width == 0 {
				return 80
			}
			return width
		}
		t.width, t.color = t.size(), !colorless()
	}
	return t
}

// say tells an event: text to a person, the name and attributes to a program.
func (t *teller) say(event, text string, attrs ...any) {
	if !t.quiet {
		t.tell(slog.LevelInfo, event, text, attrs)
	}
}

// warn reports a problem that does not end the command.
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
	begin, end := "", ""
	if color := map[slog.Level]string{slog.LevelWarn: "33", slog.LevelError: "31"}[level]; t.color && color != "" {
		begin, end = "\x1b["+color+"m", "\x1b[0m"
	}
	fmt.Fprintf(t.w, "%sokazaki: %s%s\n", begin, text, end)
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
		width := t.width
		if t.size != nil {
			width = t.size()
		}
		if r := []rune(text); len(r) >= width {
			text = string(r[:max(0, width-1)])
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
