// Package beacon answers GA4GH Beacon v2 questions about the alleles of VCF
// files: whether an allele has been seen, how often, and what is known about
// it.
//
// Its one invariant: about samples it tells only counts over a whole file,
// and no more than its granularity allows. It keeps no name and no genotype.
package beacon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"time"

	"okazaki"
)

// Options describe a Beacon. The zero value of each field is as its comment
// says.
type Options struct {
	ID           string // reversed domain; org.okazaki.beacon
	Name         string // Okazaki Beacon
	Organization string // that runs it; Okazaki
	URL          string // at which it is reached, without a slash at the end; "" gives paths alone
	Version      string // of the program; unknown
	Environment  string // prod, test, dev or staging; dev
	// Assembly is the assembly of datasets whose files don't name one; none.
	// A dataset that names another is refused.
	Assembly string
	// Granularity is the finest answer allowed: boolean, count or record;
	// record.
	Granularity string
	// Genes finds the places of a gene by symbol or identifier. Without it, geneId can't be
	// asked.
	Genes func(id string) []Place
	// GenesAt are the symbols of the genes that overlap [lo, hi) of a contig
	// named in the manner of Ensembl; nil tells none.
	GenesAt func(contig string, lo, hi int) []string
	// Started is when the datasets were read; not told if zero.
	Started time.Time
	// Log gets what goes wrong inside; slog.Default().
	Log *slog.Logger
}

// A Beacon is an http.Handler. Its datasets are never changed.
type Beacon struct {
	o        Options
	datasets []*Dataset
	turns    chan struct{} // limits the requests that are worked on at once
	mux      *http.ServeMux
}

// New is a Beacon of the datasets, whose IDs must differ. They are its own from
// now on.
func New(o Options, datasets ...*Dataset) (*Beacon, error) {
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	fill(&o.ID, "org.okazaki.beacon")
	fill(&o.Name, "Okazaki Beacon")
	fill(&o.Organization, "Okazaki")
	fill(&o.Version, "unknown")
	fill(&o.Environment, "dev")
	fill(&o.Granularity, "record")
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if !slices.Contains([]string{"boolean", "count", "record"}, o.Granularity) {
		return nil, &okazaki.Error{Message: "the granularity can't be " + o.Granularity, Hint: "one of boolean, count, record"}
	}
	b := &Beacon{o: o, datasets: datasets, turns: make(chan struct{}, 2*runtime.GOMAXPROCS(0))}
	seen := map[string]bool{}
	for _, d := range datasets {
		if seen[d.ID] {
			return nil, &okazaki.Error{Message: "two datasets are called " + d.ID, Hint: "rename one of the files"}
		}
		seen[d.ID] = true
		switch {
		case d.Assembly == "":
			d.Assembly = o.Assembly
		case o.Assembly != "" && sameAssembly(d.Assembly) != sameAssembly(o.Assembly):
			return nil, &okazaki.Error{Message: fmt.Sprintf("dataset %s uses %s, not %s", d.ID, d.Assembly, o.Assembly), Hint: "leave that file out, or name its assembly"}
		}
	}
	b.mux = http.NewServeMux()
	for path, answer := range map[string]func() object{
		"/{$}": b.info, "/info": b.info, "/service-info": b.serviceInfo, "/configuration": b.configuration, "/map": b.endpoints,
		"/entry_types": b.entryTypes, "/filtering_terms": b.filteringTerms, "/datasets": b.collections,
	} {
		b.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { send(w, http.StatusOK, answer()) })
		b.mux.HandleFunc(path, b.method("GET"))
	}
	b.mux.HandleFunc("GET /g_variants", b.query)
	b.mux.HandleFunc("POST /g_variants", b.query)
	b.mux.HandleFunc("/g_variants", b.method("GET, POST"))
	b.mux.HandleFunc("GET /g_variants/{id}", b.query)
	b.mux.HandleFunc("POST /g_variants/{id}", b.query)
	b.mux.HandleFunc("/g_variants/{id}", b.method("GET, POST"))
	b.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		b.refuse(w, newRequest(), http.StatusNotFound, "there is no such endpoint; /map lists those that there are")
	})
	return b, nil
}

// ServeHTTP is http.Handler's.
func (b *Beacon) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.mux.ServeHTTP(w, r) }

// method refuses the methods that an endpoint doesn't have.
func (b *Beacon) method(allowed string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Allow", allowed)
		b.refuse(w, newRequest(), http.StatusMethodNotAllowed, "this endpoint takes "+allowed)
	}
}

// query serves g_variants and g_variants/{id}.
func (b *Beacon) query(w http.ResponseWriter, r *http.Request) {
	q, err := b.read(w, r)
	if id := r.PathValue("id"); id != "" && err == nil {
		one, ok := byIdentifier(id)
		switch {
		case !ok:
			err = bad("an identifier can't be %.60q: contig-position-REF-ALT, such as 20-61098-C-T", id)
		case len(q.parameters) > 0:
			err = bad("an identifier already tells the variant")
		}
		q.query = one
	}
	var answer object
	if err == nil {
		answer, err = b.inTurn(r.Context(), q)
	}
	var mend *wrong
	switch {
	case err == nil:
		send(w, http.StatusOK, answer)
	case errors.As(err, &mend):
		b.refuse(w, q, mend.status, mend.message)
	case r.Context().Err() != nil:
		// The client has gone.
	default:
		b.o.Log.Error("beacon query", "err", err)
		b.refuse(w, q, http.StatusInternalServerError, "the query failed")
	}
}

// inTurn works on a query when there is a processor for it.
func (b *Beacon) inTurn(ctx context.Context, q *request) (object, error) {
	select {
	case b.turns <- struct{}{}:
		defer func() { <-b.turns }()
		return b.variants(ctx, q)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
