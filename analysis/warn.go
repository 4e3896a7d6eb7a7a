package analysis

import "okazaki"

// A Warner is Outputs that tell whoever asked what they should know.
type Warner interface {
	okazaki.Outputs
	Warn(text string)
}

// Warn tells whoever asked for an answer what they should know of it, if the
// outputs can.
func Warn(out okazaki.Outputs, text string) {
	if w, ok := out.(Warner); ok {
		w.Warn(text)
	}
}
