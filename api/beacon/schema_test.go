package beacon_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"okazaki/api/beacon"
)

// shared is the folder of variants that are not part of this repository.
func shared(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("OKAZAKI_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	dir = filepath.Join(dir, "variant")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("to run it: set OKAZAKI_DATA to the folder of the test data: %v", err)
	}
	return dir
}

// schema compiles a schema of the Beacon's default model.
func schema(t *testing.T, entity string) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open(filepath.Join(shared(t), "beacon", "bin", "deref_schemas", entity, "defaultSchema.json"))
	if err != nil {
		t.Skipf("to run it: set OKAZAKI_DATA to the folder of the test data: %v", err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	withoutNotes(doc)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(entity+".json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(entity + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// withoutNotes takes out the lists under "deprecated", an annotation that
// JSON Schema wants to be true or false.
func withoutNotes(doc any) {
	switch v := doc.(type) {
	case []any:
		for _, item := range v {
			withoutNotes(item)
		}
	case map[string]any:
		if _, ok := v["deprecated"].([]any); ok {
			delete(v, "deprecated")
		}
		for _, item := range v {
			withoutNotes(item)
		}
	}
}

// answer is the JSON of a reply with the status.
func answer(t *testing.T, h http.Handler, target string, status int) map[string]any {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
	if err != nil || w.Code != status {
		t.Fatalf("%s: %d, %v", target, w.Code, err)
	}
	return v.(map[string]any)
}

// TestSchemas checks every record and dataset that the Beacon returns against
// the schemas of the default model, for each kind of variant.
func TestSchemas(t *testing.T) {
	variants, datasets := schema(t, "genomicVariations"), schema(t, "datasets")
	sites, err := os.Open(filepath.Join(shared(t), "1kgp3_chr20_0-1Mb_sites.vcf.gz"))
	if err != nil {
		t.Skipf("to run it: set OKAZAKI_DATA to the folder of the test data: %v", err)
	}
	defer sites.Close()
	info, err := sites.Stat()
	if err != nil {
		t.Fatal(err)
	}
	d, err := beacon.Read(t.Context(), "1kg", "1kg.vcf.gz", sized{sites, info.Size()}, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := beacon.New(beacon.Options{GenesAt: genesAt}, dataset(t, "small", testdata(t, "small.vcf")), dataset(t, "sites", testdata(t, "sites.vcf")), d)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, target := range []string{"/g_variants?requestedGranularity=record&limit=400", "/g_variants?requestedGranularity=record&limit=100&referenceName=20&start=60000&end=1000000&variantMinLength=2"} {
		response := answer(t, b, target, 200)["response"].(map[string]any)
		for _, set := range response["resultSets"].([]any) {
			for _, record := range set.(map[string]any)["results"].([]any) {
				n++
				if err := variants.Validate(record); err != nil {
					t.Errorf("%v: %v", record, err)
				}
			}
		}
	}
	if n < 400 {
		t.Errorf("only %d records", n)
	}
	// A record that is wrong must not pass.
	wrong, err := jsonschema.UnmarshalJSON(strings.NewReader(`{"variantInternalId": "x", "variation": {"variantType": "SNP", "alternateBases": "<X>", "location": {}}}`))
	if err != nil || variants.Validate(wrong) == nil {
		t.Error("the schema lets anything pass")
	}
	for _, set := range answer(t, b, "/datasets", 200)["response"].(map[string]any)["collections"].([]any) {
		if err := datasets.Validate(set); err != nil {
			t.Errorf("dataset %v: %v", set, err)
		}
	}
}

// sized is a file that knows its size.
type sized struct {
	*os.File
	size int64
}

func (s sized) Size() int64 { return s.size }

// envelope is a schema of what the Beacon framework 2.0.0 requires of the parts
// around the results: framework/json/responses and configuration in the specification.
const envelope = `{
	"$defs": {
		"text": {"type": "string", "minLength": 1},
		"granularity": {"enum": ["boolean", "count", "aggregated", "record"]},
		"schemas": {"type": "array", "items": {"type": "object", "required": ["entityType", "schema"]}},
		"informational": {"type": "object", "required": ["beaconId", "apiVersion", "returnedSchemas"], "properties": {
			"beaconId": {"$ref": "#/$defs/text"}, "apiVersion": {"pattern": "^v[0-9]"}, "returnedSchemas": {"$ref": "#/$defs/schemas"}}},
		"meta": {"$ref": "#/$defs/informational", "required": ["returnedGranularity", "receivedRequestSummary"], "properties": {
			"returnedGranularity": {"$ref": "#/$defs/granularity"}, "testMode": {"type": "boolean"},
			"receivedRequestSummary": {"type": "object", "required": ["apiVersion", "requestedSchemas", "pagination", "requestedGranularity"], "properties": {
				"requestedGranularity": {"$ref": "#/$defs/granularity"}, "includeResultsetResponses": {"enum": ["ALL", "HIT", "MISS", "NONE"]},
				"requestedSchemas": {"type": "array"}, "filters": {"type": "array"}, "requestParameters": {"type": "object"},
				"pagination": {"type": "object", "properties": {"skip": {"type": "integer", "minimum": 0}, "limit": {"type": "integer", "minimum": 0}}}}}}},
		"exists": {"type": "object", "required": ["exists"], "properties": {"exists": {"type": "boolean"}, "numTotalResults": {"type": "integer", "minimum": 0}}},
		"entry": {"type": "object", "required": ["id", "name", "partOfSpecification", "defaultSchema", "ontologyTermForThisType"], "properties": {
			"ontologyTermForThisType": {"type": "object", "required": ["id"], "properties": {"id": {"pattern": "^\\w[^:]+:.+$"}}},
			"defaultSchema": {"type": "object", "required": ["id", "name", "referenceToSchemaDefinition"]}, "additionallySupportedSchemas": {"type": "array"}}},
		"entries": {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/entry"}},
		"response": {"type": "object", "required": ["meta", "response"], "properties": {"meta": {"$ref": "#/$defs/informational"}}},
		"boolean": {"type": "object", "required": ["meta", "responseSummary"], "properties": {"meta": {"$ref": "#/$defs/meta"}, "responseSummary": {"$ref": "#/$defs/exists"}}},
		"count": {"$ref": "#/$defs/boolean", "properties": {"responseSummary": {"required": ["numTotalResults"]}}},
		"resultsets": {"$ref": "#/$defs/count", "required": ["response"], "properties": {"response": {"type": "object", "required": ["resultSets"], "properties": {
			"resultSets": {"type": "array", "items": {"type": "object", "required": ["id", "setType", "exists", "resultsCount", "results"], "properties": {
				"results": {"type": "array", "items": {"type": "object"}}, "resultsCount": {"type": "integer"}, "exists": {"type": "boolean"}}}}}}}},
		"error": {"type": "object", "required": ["meta", "error"], "properties": {"meta": {"$ref": "#/$defs/meta"},
			"error": {"type": "object", "required": ["errorCode"], "properties": {"errorCode": {"type": "integer"}, "errorMessage": {"type": "string"}}}}},
		"info": {"$ref": "#/$defs/response", "properties": {"response": {"type": "object", "required": ["id", "name", "apiVersion", "environment", "organization"], "properties": {
			"environment": {"enum": ["prod", "test", "dev", "staging"]}, "organization": {"type": "object", "required": ["id", "name"]}}}}},
		"service": {"type": "object", "required": ["id", "name", "type", "organization", "version"], "properties": {
			"type": {"type": "object", "required": ["group", "artifact", "version"]},
			"organization": {"type": "object", "required": ["name", "url"], "properties": {"url": {"format": "uri"}}}}},
		"configuration": {"$ref": "#/$defs/response", "properties": {"response": {"type": "object", "required": ["$schema", "maturityAttributes", "entryTypes", "securityAttributes"], "properties": {
			"maturityAttributes": {"properties": {"productionStatus": {"enum": ["DEV", "TEST", "PROD"]}}, "required": ["productionStatus"]},
			"securityAttributes": {"properties": {"defaultGranularity": {"$ref": "#/$defs/granularity"}, "securityLevels": {"type": "array", "items": {"enum": ["PUBLIC", "REGISTERED", "CONTROLLED"]}}}},
			"entryTypes": {"$ref": "#/$defs/entries"}}}}},
		"entryTypes": {"$ref": "#/$defs/response", "properties": {"response": {"type": "object", "required": ["entryTypes"], "properties": {"entryTypes": {"$ref": "#/$defs/entries"}}}}},
		"map": {"$ref": "#/$defs/response", "properties": {"response": {"type": "object", "required": ["$schema", "endpointSets"], "properties": {"endpointSets": {"type": "object", "minProperties": 1,
			"additionalProperties": {"type": "object", "required": ["entryType", "rootUrl"], "properties": {"rootUrl": {"format": "uri"}, "singleEntryUrl": {"type": "string"}}}}}}}},
		"filteringTerms": {"$ref": "#/$defs/response", "properties": {"response": {"type": "object", "required": ["filteringTerms"], "properties": {"filteringTerms": {"type": "array"}}}}},
		"collections": {"$ref": "#/$defs/count", "required": ["response"], "properties": {"response": {"type": "object", "required": ["collections"], "properties": {
			"collections": {"type": "array", "items": {"type": "object", "required": ["id", "name"]}}}}}}
	}
}`

// TestFramework checks the answers of every endpoint against the requirements
// of the Beacon framework.
func TestFramework(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(envelope))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("envelope.json", doc); err != nil {
		t.Fatal(err)
	}
	b := two(t, beacon.Options{URL: "https://beacon.example.org"})
	for _, e := range []struct {
		target, kind string
		status       int
	}{
		{"/", "info", 200}, {"/info", "info", 200}, {"/service-info", "service", 200}, {"/configuration", "configuration", 200}, {"/map", "map", 200},
		{"/entry_types", "entryTypes", 200}, {"/filtering_terms", "filteringTerms", 200}, {"/datasets", "collections", 200},
		{"/g_variants", "boolean", 200}, {"/g_variants?requestedGranularity=count", "count", 200}, {"/g_variants?requestedGranularity=record&includeResultsetResponses=ALL", "resultsets", 200},
		{"/g_variants/9-100-A-G?requestedGranularity=record", "resultsets", 200}, {"/g_variants?start=x", "error", 400}, {"/runs", "error", 404},
	} {
		s, err := c.Compile(fmt.Sprintf("envelope.json#/$defs/%s", e.kind))
		if err != nil {
			t.Fatal(err)
		}
		got := answer(t, b, e.target, e.status)
		if err := s.Validate(got); err != nil {
			text, _ := json.Marshal(got)
			t.Errorf("%s: %v in %s", e.target, err, text)
		}
	}
	// A service that the schemas know must be in the map under the types that the configuration has.
	types := answer(t, b, "/configuration", 200)["response"].(map[string]any)["entryTypes"].(map[string]any)
	for name := range answer(t, b, "/map", 200)["response"].(map[string]any)["endpointSets"].(map[string]any) {
		if types[name] == nil {
			t.Errorf("the map has %s, which is not an entry type", name)
		}
	}
}
