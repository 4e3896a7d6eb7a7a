package main

// A toldOutput is an output that tells what its analysis warns of.
type toldOutput struct {
	*output
	tell *teller
}

// Warn is analysis.Warner's.
func (o toldOutput) Warn(text string) { o.tell.warn("warning", text, "warning", text) }
