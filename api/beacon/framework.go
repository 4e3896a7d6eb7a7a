package beacon

import (
	"strings"
	"time"
)

// info describes the Beacon.
func (b *Beacon) info() object {
	r := object{
		"id": b.o.ID, "name": b.o.Name, "apiVersion": apiVersion, "environment": b.o.Environment, "version": b.o.Version,
		"description":  "Alleles of VCF files, and how often they were seen.",
		"organization": object{"id": b.o.ID, "name": b.o.Organization},
	}
	if b.o.URL != "" {
		r["alternativeUrl"] = b.o.URL
	}
	if !b.o.Started.IsZero() {
		r["updateDateTime"] = b.o.Started.UTC().Format(time.RFC3339)
	}
	return object{"meta": b.informational("info", "beacon-info-v2.0.0"), "response": r}
}

// serviceInfo is GA4GH's description of any service, version 1.0.0.
func (b *Beacon) serviceInfo() object {
	url := b.o.URL
	if url == "" {
		url = "http://localhost"
	}
	return object{
		"id": b.o.ID, "name": b.o.Name, "version": b.o.Version, "environment": b.o.Environment,
		"type":         object{"group": "org.ga4gh", "artifact": "beacon", "version": apiVersion},
		"organization": object{"name": b.o.Organization, "url": url},
	}
}

// types are the entry types: alleles, and the datasets that they are in.
func types() object {
	return object{
		"genomicVariant": object{
			"id": "genomicVariant", "name": "Genomic Variants", "partOfSpecification": specification,
			"description":                  "The location of a sequence, and what is there instead.",
			"ontologyTermForThisType":      object{"id": "ENSGLOSSARY:0000092", "label": "Variant"},
			"defaultSchema":                object{"id": variantSchema, "name": "Default schema for a genomic variation", "referenceToSchemaDefinition": "./genomicVariations/defaultSchema.json", "schemaVersion": "v2.0.0"},
			"additionallySupportedSchemas": []object{},
			"nonFilteredQueriesAllowed":    true,
		},
		"dataset": object{
			"id": "dataset", "name": "Dataset", "partOfSpecification": specification,
			"description":                  "The alleles of one VCF file.",
			"ontologyTermForThisType":      object{"id": "NCIT:C47824", "label": "Data set"},
			"defaultSchema":                object{"id": datasetSchema, "name": "Default schema for datasets", "referenceToSchemaDefinition": "./datasets/defaultSchema.json", "schemaVersion": "v2.0.0"},
			"aCollectionOf":                []object{{"id": "genomicVariant", "name": "Genomic Variants"}},
			"additionallySupportedSchemas": []object{},
			"nonFilteredQueriesAllowed":    true,
		},
	}
}

func (b *Beacon) entryTypes() object {
	return object{"meta": b.informational("entryType", "beacon-entry-types-v2.0.0"), "response": object{"entryTypes": types()}}
}

func (b *Beacon) configuration() object {
	status := strings.ToUpper(b.o.Environment)
	if status != "PROD" && status != "TEST" {
		status = "DEV"
	}
	return object{"meta": b.informational("configuration", "beacon-configuration-v2.0.0"), "response": object{
		"$schema":            "./beaconConfigurationSchema.json",
		"maturityAttributes": object{"productionStatus": status},
		"securityAttributes": object{"defaultGranularity": "boolean", "securityLevels": []string{"PUBLIC"}},
		"entryTypes":         types(),
	}}
}

// endpoints is the map of the Beacon.
func (b *Beacon) endpoints() object {
	return object{"meta": b.informational("map", "beacon-map-v2.0.0"), "response": object{
		"$schema": "./beaconMapSchema.json",
		"endpointSets": object{
			"genomicVariant": object{"entryType": "genomicVariant", "rootUrl": b.o.URL + "/g_variants", "singleEntryUrl": b.o.URL + "/g_variants/{id}"},
			"dataset":        object{"entryType": "dataset", "rootUrl": b.o.URL + "/datasets"},
		},
	}}
}

func (b *Beacon) filteringTerms() object {
	return object{"meta": b.informational("filteringTerm", "beacon-filtering-terms-v2.0.0"), "response": object{"filteringTerms": []object{}, "resources": []object{}}}
}

// collections lists the datasets.
func (b *Beacon) collections() object {
	list := []object{}
	for _, d := range b.datasets {
		set := object{"id": d.ID, "name": d.ID, "info": object{"alleles": d.Alleles, "samples": d.Samples, "assembly": d.Assembly}}
		if !b.o.Started.IsZero() {
			set["createDateTime"] = b.o.Started.UTC().Format(time.RFC3339)
		}
		list = append(list, set)
	}
	q := newRequest()
	q.granularity = "record"
	meta := b.meta(q, "record")
	meta["returnedSchemas"] = []object{{"entityType": "dataset", "schema": datasetSchema}}
	return object{"meta": meta, "responseSummary": object{"exists": len(list) > 0, "numTotalResults": len(list)}, "response": object{"collections": list}}
}
