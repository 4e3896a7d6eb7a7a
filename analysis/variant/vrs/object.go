package vrs

import (
	"encoding/json"
	"fmt"
	"slices"
)

// An Object is any object of the specification, as its JSON is decoded:
// numbers are int, float64 or json.Number.
type Object = map[string]any

// A class says which parts of a type of objects are digested.
type class struct {
	prefix string   // of its identifiers; "" if it has none and is digested as a part of others
	keys   []string // in alphabetical order, besides type
	always []string // keys that are written as null if absent
	set    string   // the key whose list has no order
}

// classes are the types of VRS 2.0 and their "ga4gh": {"prefix", "inherent"}.
var classes = map[string]class{
	"Allele":                    {prefix: "VA", keys: []string{"location", "state"}},
	"CisPhasedBlock":            {prefix: "CPB", keys: []string{"members"}, set: "members"},
	"Adjacency":                 {prefix: "AJ", keys: []string{"adjoinedSequences", "linker"}, always: []string{"linker"}},
	"Terminus":                  {prefix: "TM", keys: []string{"location"}},
	"TraversalBlock":            {keys: []string{"component", "orientation"}},
	"DerivativeMolecule":        {prefix: "DM", keys: []string{"components"}},
	"CopyNumberCount":           {prefix: "CN", keys: []string{"copies", "location"}},
	"CopyNumberChange":          {prefix: "CX", keys: []string{"copyChange", "location"}},
	"SequenceLocation":          {prefix: "SL", keys: []string{"end", "sequenceReference", "start"}, always: []string{"end", "sequenceReference", "start"}},
	"SequenceReference":         {keys: []string{"refgetAccession"}},
	"LengthExpression":          {keys: []string{"length"}},
	"LiteralSequenceExpression": {keys: []string{"sequence"}},
	"ReferenceLengthExpression": {keys: []string{"length", "repeatSubunitLength"}},
}

// Serialize returns the canonical form of an object, from which its digest is
// computed: only what identifies it, keys in order, and digests in the place
// of objects that have identifiers of their own. An unknown type is an error.
func Serialize(o Object) ([]byte, error) {
	name, _ := o["type"].(string)
	c, ok := classes[name]
	if !ok {
		return nil, fmt.Errorf("VRS: no type %q", name)
	}
	b := []byte{'{'}
	for _, key := range c.keys {
		value, ok := o[key]
		if !ok && !slices.Contains(c.always, key) {
			continue
		}
		if part, ok := value.(Object); ok && key == "sequenceReference" && part["type"] == nil {
			value = Object{"type": "SequenceReference", "refgetAccession": part["refgetAccession"]} // the type goes without saying
		}
		text, err := serialize(value, key == c.set)
		if err != nil {
			return nil, err
		}
		b = append(append(append(append(b, '"'), key...), `":`...), text...)
		b = append(b, ',')
	}
	return append(append(append(b, `"type":"`...), name...), `"}`...), nil
}

// serialize is a value within an object.
func serialize(value any, set bool) ([]byte, error) {
	switch v := value.(type) {
	case Object:
		if name, _ := v["type"].(string); classes[name].prefix != "" {
			digest, err := ObjectDigest(v)
			return json.RawMessage(`"` + digest + `"`), err
		}
		return Serialize(v)
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			text, err := serialize(item, false)
			if err != nil {
				return nil, err
			}
			items[i] = string(text)
		}
		if set {
			slices.Sort(items)
		}
		b := []byte{'['}
		for i, item := range items {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, item...)
		}
		return append(b, ']'), nil
	}
	return json.Marshal(value)
}

// ObjectDigest is the digest of an object that has an identifier.
func ObjectDigest(o Object) (string, error) {
	name, _ := o["type"].(string)
	if classes[name].prefix == "" {
		return "", fmt.Errorf("VRS: %q has no identifiers", name)
	}
	text, err := Serialize(o)
	if err != nil {
		return "", err
	}
	return Digest(text), nil
}

// Identify returns an object's computed identifier, such as
// ga4gh:VA.0AePZIWZUNsUlQTamyLrjm2HWUw2opLt.
func Identify(o Object) (string, error) {
	digest, err := ObjectDigest(o)
	if err != nil {
		return "", err
	}
	name, _ := o["type"].(string)
	return "ga4gh:" + classes[name].prefix + "." + digest, nil
}
