package genome

// A Code is a genetic code by NCBI's number of its translation table; 0 is the
// standard code, as 1 is.
type Code uint8

// The genetic codes of nuclei and of the mitochondria of vertebrates and yeasts.
const (
	Standard                Code = 1
	VertebrateMitochondrial Code = 2
	YeastMitochondrial      Code = 3
)
