package beacon

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"okazaki/format/vcf"
	"okazaki/genome"
)

// object is JSON. Its keys are written in order, so that one question has one answer, byte
// for byte.
type object = map[string]any

// Versions of what is spoken.
const (
	apiVersion    = "v2.0.0"
	variantSchema = "ga4gh-beacon-variant-v2.0.0"
	datasetSchema = "ga4gh-beacon-dataset-v2.0.0"
	specification = "Beacon v2.0.0"
)

// meta is the first part of every answer to a query.
func (b *Beacon) meta(q *request, returned string) object {
	schemas := []object{}
	for _, s := range q.schemas {
		schemas = append(schemas, object{"entityType": "genomicVariant", "schema": s})
	}
	return object{
		"beaconId":            b.o.ID,
		"apiVersion":          apiVersion,
		"returnedSchemas":     []object{{"entityType": "genomicVariant", "schema": variantSchema}},
		"returnedGranularity": returned,
		"testMode":            q.test,
		"receivedRequestSummary": object{
			"apiVersion":                apiVersion,
			"requestedSchemas":          schemas,
			"filters":                   []string{},
			"requestParameters":         q.parameters,
			"includeResultsetResponses": q.include,
			"pagination":                object{"skip": q.skip, "limit": q.limit},
			"requestedGranularity":      q.granularity,
			"testMode":                  q.test,
		},
	}
}

// informational is the meta part of an answer about the Beacon itself.
func (b *Beacon) informational(entity, schema string) object {
	return object{"beaconId": b.o.ID, "apiVersion": apiVersion, "returnedSchemas": []object{{"entityType": entity, "schema": schema}}}
}

// granted returns the granularity of the Beacon's answer.
func (b *Beacon) granted(asked string) string {
	rank := map[string]int{"boolean": 0, "count": 1, "aggregated": 1, "record": 2}
	if rank[asked] > rank[b.o.Granularity] {
		asked = b.o.Granularity
	}
	if asked == "aggregated" {
		return "count"
	}
	return asked
}

// variants returns the results of a query for alleles. A page is cut from the
// results of all datasets, one after another.
func (b *Beacon) variants(ctx context.Context, q *request) (object, error) {
	granularity := b.granted(q.granularity)
	total, seen := 0, 0
	sets := []object{}
	for _, d := range b.datasets {
		count := 0
		results := []object{}
		q.query.in(ctx, d, func(c *contig, v *variant) bool {
			// Pages are counted by division, so that no skip is too large.
			if granularity == "record" && seen/q.limit == q.skip {
				results = append(results, b.record(d, c, v))
			}
			seen++
			count++
			return granularity != "boolean"
		})
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		total += count
		hit := count > 0
		if q.include == "NONE" || q.include == "HIT" && !hit || q.include == "MISS" && hit {
			continue
		}
		set := object{"id": d.ID, "setType": "dataset", "exists": hit}
		if granularity != "boolean" {
			set["resultsCount"] = count
		}
		if granularity == "record" {
			set["results"] = results
		}
		sets = append(sets, set)
	}
	answer := object{"meta": b.meta(q, granularity)}
	summary := object{"exists": total > 0}
	if granularity != "boolean" {
		summary["numTotalResults"] = total
	}
	answer["responseSummary"] = summary
	if granularity == "record" {
		answer["response"] = object{"resultSets": sets}
	}
	return answer, nil
}

// record returns an allele in the form of the default schema of genomic
// variations, the legacy one.
func (b *Beacon) record(d *Dataset, c *contig, v *variant) object {
	variation := object{
		"location": object{
			"type":        "SequenceLocation",
			"sequence_id": sequenceID(c.name, d.Assembly),
			"interval": object{
				"type":  "SequenceInterval",
				"start": object{"type": "Number", "value": v.start},
				"end":   object{"type": "Number", "value": v.end},
			},
		},
		"variantType":    kindName(c, v),
		"alternateBases": "",
	}
	if plainLetters(c.ref(v)) {
		variation["referenceBases"] = string(c.ref(v))
	}
	r := object{"variantInternalId": identifier(c, v), "variation": variation}
	if v.kind == vcf.Sequence && plainLetters(c.alt(v)) {
		variation["alternateBases"] = string(c.alt(v))
	}
	if id := c.rs(v); len(id) > 0 {
		name := string(id)
		if strings.HasPrefix(name, "rs") {
			name = "dbSNP:" + name
		}
		r["identifiers"] = object{"variantAlternativeIds": []object{{"id": name, "reference": "ID of the VCF file"}}}
	}
	if v.counted {
		f := object{"population": d.ID, "alleleFrequency": float64(v.count) / float64(v.number), "alleleCount": v.count, "alleleNumber": v.number}
		if v.homs+v.hets+v.hemi > 0 {
			f["genotypeHomozygous"], f["genotypeHeterozygous"], f["genotypeHemizygous"] = v.homs, v.hets, v.hemi
		}
		r["frequencyInPopulations"] = []object{{"source": d.ID, "sourceReference": "the dataset itself", "frequencies": []object{f}}}
	}
	if b.o.GenesAt != nil {
		if names := b.o.GenesAt(genome.PlainContig(c.name), int(v.start), int(v.end)); len(names) > 0 {
			r["molecularAttributes"] = object{"geneIds": names}
		}
	}
	return r
}

// plainLetters says whether the schema allows all the letters.
func plainLetters(letters []byte) bool {
	for _, l := range letters {
		if iupac[l] == "" && l != 'A' && l != 'C' && l != 'G' && l != 'T' {
			return false
		}
	}
	return true
}

// send writes an answer.
func send(w http.ResponseWriter, status int, answer object) {
	data, err := json.Marshal(answer)
	if err != nil {
		panic(err) // it is made of numbers and text
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(append(data, '\n'))
}

// refuse sends an error in Beacon's format.
func (b *Beacon) refuse(w http.ResponseWriter, q *request, status int, message string) {
	send(w, status, object{"meta": b.meta(q, b.granted(q.granularity)), "error": object{"errorCode": status, "errorMessage": message}})
}
