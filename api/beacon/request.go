package beacon

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"okazaki/genome"
)

// Bounds of a request.
const (
	maxBody    = 1 << 20
	maxLetters = 10_000 // of a reference or alternate allele
	maxText    = 200    // of any other parameter
	// MaxPage is the most results of one answer.
	MaxPage = 1000
	page    = 10 // results of an answer that doesn't say
)

// A wrong is an error that the requester can mend: an HTTP status and a
// message.
type wrong struct {
	status  int
	message string
}

func (w *wrong) Error() string { return w.message }

func bad(format string, args ...any) error {
	return &wrong{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

// A request is the query as it was understood; the answer repeats it.
type request struct {
	query       *query
	granularity string // boolean, count or record
	include     string // ALL, HIT, MISS or NONE
	skip, limit int    // pages, and results of a page
	test        bool
	schemas     []string
	parameters  map[string]any
}

// parameters of g_variants, and of every request.
var (
	variantParameters = []string{"start", "end", "assemblyId", "referenceName", "mateName", "referenceBases", "alternateBases", "variantType",
		"variantMinLength", "variantMaxLength", "geneId", "aminoacidChange", "genomicAlleleShortForm"}
	requestParameters = []string{"skip", "limit", "includeResultsetResponses", "requestedGranularity", "testMode", "requestedSchema", "requestedSchemas", "filters", "apiVersion"}
)

// body is the JSON of a POST.
type body struct {
	Meta struct {
		APIVersion       string `json:"apiVersion"`
		RequestedSchemas []struct {
			EntityType, Schema string
		} `json:"requestedSchemas"`
	} `json:"meta"`
	Query struct {
		Parameters  json.RawMessage   `json:"requestParameters"`
		Filters     []json.RawMessage `json:"filters"`
		Include     string            `json:"includeResultsetResponses"`
		Granularity string            `json:"requestedGranularity"`
		TestMode    bool              `json:"testMode"`
		Pagination  struct {
			Skip, Limit json.RawMessage
		} `json:"pagination"`
	} `json:"query"`
}

// read reads a request of either method into parameters by name.
func (b *Beacon) read(w http.ResponseWriter, r *http.Request) (*request, error) {
	values := map[string][]string{}
	q := newRequest()
	if r.Method == http.MethodPost {
		if err := readBody(w, r, values); err != nil {
			return q, err
		}
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, bad("the URL's query can't be read")
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		list := query[name]
		if !slices.Contains(variantParameters, name) && !slices.Contains(requestParameters, name) {
			return q, bad("there is no parameter %.40q", name)
		}
		if _, twice := values[name]; twice {
			return q, bad("%s is given both in the URL and in the body", name)
		}
		values[name] = list
	}
	return q, b.understand(q, values)
}

func newRequest() *request {
	return &request{query: &query{max: -1}, granularity: "boolean", include: "HIT", limit: page, parameters: map[string]any{}}
}

// readBody adds the parameters of a POST.
func readBody(w http.ResponseWriter, r *http.Request, values map[string][]string) error {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return &wrong{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", maxBody)}
	}
	if err != nil {
		return bad("the body can't be read")
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil
	}
	var doc body
	if err := json.Unmarshal(data, &doc); err != nil {
		return bad("the body is not the JSON of a Beacon request: %.200s", err)
	}
	set := func(name, value string) {
		if value != "" {
			values[name] = []string{value}
		}
	}
	set("apiVersion", doc.Meta.APIVersion)
	for _, s := range doc.Meta.RequestedSchemas {
		values["requestedSchema"] = append(values["requestedSchema"], s.Schema)
	}
	set("includeResultsetResponses", doc.Query.Include)
	set("requestedGranularity", doc.Query.Granularity)
	if doc.Query.TestMode {
		set("testMode", "true")
	}
	for _, p := range []struct {
		name string
		raw  json.RawMessage
	}{{"skip", doc.Query.Pagination.Skip}, {"limit", doc.Query.Pagination.Limit}} {
		if p.raw != nil {
			if values[p.name], err = texts(p.raw); err != nil {
				return bad("pagination's %s: %v", p.name, err)
			}
		}
	}
	for _, f := range doc.Query.Filters {
		values["filters"] = append(values["filters"], string(f))
	}
	if doc.Query.Parameters == nil {
		return nil
	}
	// An object, or as some clients write it a list of them.
	var list []map[string]json.RawMessage
	if json.Unmarshal(doc.Query.Parameters, &list) != nil {
		list = make([]map[string]json.RawMessage, 1)
		if err := json.Unmarshal(doc.Query.Parameters, &list[0]); err != nil {
			return bad("requestParameters is not an object")
		}
	}
	for _, parameters := range list {
		if err := addParameters(parameters, values, 0); err != nil {
			return err
		}
	}
	return nil
}

// addParameters adds the request's parameters; they may stand within an
// object named after their entry type, as the framework allows.
func addParameters(parameters map[string]json.RawMessage, values map[string][]string, depth int) error {
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		raw := parameters[name]
		if depth == 0 && slices.Contains([]string{"g_variant", "g_variants", "genomicVariant"}, name) {
			var inner map[string]json.RawMessage
			if err := json.Unmarshal(raw, &inner); err != nil {
				return bad("requestParameters' %s is not an object", name)
			}
			if err := addParameters(inner, values, depth+1); err != nil {
				return err
			}
			continue
		}
		if !slices.Contains(variantParameters, name) {
			return bad("there is no request parameter %.40q", name)
		}
		list, err := texts(raw)
		if err != nil {
			return bad("%s: %v", name, err)
		}
		if list != nil {
			values[name] = list
		}
	}
	return nil
}

// texts returns the values of a JSON string, number, or list of them; null
// has none.
func texts(raw json.RawMessage) ([]string, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []string
	for _, v := range list {
		switch v := v.(type) {
		case nil:
		case string:
			out = append(out, v)
		case json.Number:
			out = append(out, v.String())
		default:
			return nil, fmt.Errorf("neither text nor a number")
		}
	}
	return out, nil
}

// A reading takes parameters out of a request. After the first wrong one it
// returns zero values.
type reading struct {
	values map[string][]string
	err    error
}

func (r *reading) fail(format string, args ...any) {
	if r.err == nil {
		r.err = bad(format, args...)
	}
}

// text is a parameter's only value; "" if it isn't given.
func (r *reading) text(name string) string {
	list := r.values[name]
	switch {
	case len(list) == 0:
	case len(list) > 1:
		r.fail("%s is given %d times", name, len(list))
	case len(list[0]) > maxText:
		r.fail("%s is longer than %d letters", name, maxText)
	case strings.ContainsFunc(list[0], func(c rune) bool { return c < ' ' || c == 0x7f }):
		r.fail("%s has control characters", name)
	case r.err == nil:
		return list[0]
	}
	return ""
}

// oneOf returns which of the words the parameter is, in any case of letters,
// or otherwise if it isn't given.
func (r *reading) oneOf(name, otherwise string, words ...string) string {
	t := r.text(name)
	if t == "" {
		return otherwise
	}
	for _, w := range words {
		if strings.EqualFold(t, w) {
			return w
		}
	}
	r.fail("%s can't be %.40q: one of %s", name, t, strings.Join(words, ", "))
	return otherwise
}

// number is a whole number that is not negative.
func (r *reading) number(name string, otherwise int) int {
	t := r.text(name)
	if t == "" {
		return otherwise
	}
	n, err := strconv.Atoi(t)
	if err != nil || n < 0 || n > whole.Hi {
		r.fail("%s can't be %.40q: a whole number that is not negative", name, t)
	}
	return n
}

// bases returns an allele's IUPAC letters in upper case; nil if none are
// given.
func (r *reading) bases(name string) *string {
	list := r.values[name]
	if len(list) == 0 {
		return nil
	}
	letters := strings.ToUpper(list[0])
	if len(list) > 1 || len(letters) > maxLetters || strings.Trim(letters, "ACGTUNRYSWKMBDHV-.") != "" {
		r.fail("%s can't be %.40q: letters of IUPAC, %d at most", name, list[0], maxLetters)
	}
	return &letters
}

// positions are one position or two, as a list or with commas between.
func (r *reading) positions(name string) (list []int) {
	for _, t := range r.values[name] {
		for field := range strings.SplitSeq(strings.Trim(t, "[] "), ",") {
			n, err := strconv.Atoi(strings.TrimSpace(field))
			if err != nil || n < 0 || n >= whole.Hi {
				r.fail("%s can't be %.40q: a position, from 0", name, field)
				return nil
			}
			if list = append(list, n); len(list) > 2 {
				r.fail("%s has more than two values", name)
				return nil
			}
		}
	}
	return list
}

// understand checks the parameters and fills in the request.
func (b *Beacon) understand(q *request, values map[string][]string) error {
	r := &reading{values: values}
	q.granularity = r.oneOf("requestedGranularity", q.granularity, "boolean", "count", "aggregated", "record")
	q.include = r.oneOf("includeResultsetResponses", q.include, "ALL", "HIT", "MISS", "NONE")
	q.test = r.oneOf("testMode", "false", "true", "false") == "true"
	r.text("apiVersion")
	q.skip, q.limit = r.number("skip", 0), r.number("limit", page)
	if q.limit == 0 || q.limit > MaxPage {
		q.limit = MaxPage
	}
	q.schemas = slices.Concat(values["requestedSchema"], values["requestedSchemas"])
	if len(q.schemas) > 10 || slices.ContainsFunc(q.schemas, func(s string) bool { return len(s) > maxText }) {
		q.schemas = nil
		r.fail("too many or too long schemas are requested")
	}
	if slices.ContainsFunc(values["filters"], func(f string) bool { return f != "" }) {
		r.fail("there are no filtering terms here, as /filtering_terms says")
	}
	b.variantQuery(q, r)
	for _, name := range variantParameters {
		switch given := values[name]; {
		case r.err != nil || len(given) == 0:
		case name == "start":
			q.parameters[name] = q.query.start
		case name == "end":
			q.parameters[name] = q.query.end
		case name == "variantMinLength":
			q.parameters[name] = q.query.min
		case name == "variantMaxLength":
			q.parameters[name] = q.query.max
		default:
			q.parameters[name] = given[0]
		}
	}
	return r.err
}

// variantQuery checks a request to g_variants.
func (b *Beacon) variantQuery(q *request, r *reading) {
	v := q.query
	v.start, v.end = r.positions("start"), r.positions("end")
	v.ref, v.alt = r.bases("referenceBases"), r.bases("alternateBases")
	v.min, v.max = r.number("variantMinLength", 0), r.number("variantMaxLength", -1)
	if t := r.text("variantType"); t != "" {
		v.kinds = kindsOf(t)
	}
	if t := r.text("mateName"); t != "" {
		v.mate, _ = reference(t)
		v.mate = genome.PlainContig(v.mate)
	}
	if t := r.text("genomicAlleleShortForm"); t != "" {
		if len(v.start)+len(v.end) > 0 || v.ref != nil || v.alt != nil {
			r.fail("genomicAlleleShortForm already tells position and bases")
		} else if !v.hgvs(t) {
			r.fail("genomicAlleleShortForm can't be %.60q: a substitution, deletion or insertion in genomic HGVS, such as NC_000020.10:g.61098C>T", t)
		}
	}
	if t := r.text("referenceName"); t != "" {
		contig, assembly := reference(t)
		if v.contig != "" && genome.PlainContig(v.contig) != genome.PlainContig(contig) {
			r.fail("referenceName is not genomicAlleleShortForm's")
		}
		v.contig = contig
		v.assembly = cmp.Or(assembly, v.assembly)
	}
	if assembly := sameAssembly(r.text("assemblyId")); assembly != "" {
		if v.assembly != "" && assembly != v.assembly {
			r.fail("referenceName belongs to %s, and assemblyId names another assembly", v.assembly)
		}
		v.assembly = assembly
	}
	if r.text("aminoacidChange") != "" {
		r.fail("aminoacidChange can't be asked here")
	}
	if t := r.text("geneId"); t != "" && b.o.Genes == nil {
		r.fail("geneId can't be asked here: this Beacon has no genes")
	} else if t != "" {
		v.gene = true
		v.places = b.o.Genes(t)
	}
	v.complete(r)
}

// complete returns an error if a query lacks parameters, or has some that
// don't go together.
func (v *query) complete(r *reading) {
	located := len(v.start)+len(v.end) > 0
	switch {
	case located && v.contig == "":
		r.fail("start and end need referenceName")
	case len(v.end) > 0 && len(v.start) == 0:
		r.fail("end needs start")
	case len(v.start) == 2 && len(v.end) != 2 || len(v.end) == 2 && len(v.start) != 2:
		r.fail("a bracket query needs two values of start and two of end")
	case len(v.start) == 2 && (v.start[1] < v.start[0] || v.end[1] < v.end[0]):
		r.fail("a bracket's first value must not be larger than its second")
	case len(v.start) == 1 && len(v.end) == 1 && v.end[0] <= v.start[0]:
		r.fail("end must be larger than start")
	case len(v.start) == 1 && len(v.end) == 0 && v.alt == nil && len(v.kinds) == 0:
		r.fail("start without end needs alternateBases or variantType")
	case v.max >= 0 && v.max < v.min:
		r.fail("variantMaxLength must not be smaller than variantMinLength")
	}
}

// A Place is a region of a contig, for the genes of Options.
type Place struct {
	Contig string
	Region genome.Region
}
