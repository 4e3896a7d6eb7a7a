package analysis

import (
	"bytes"
	"encoding/json"

	"okazaki"
)

// field is one parameter as JSON Schema 2020-12 describes it.
type field struct {
	Type        string `json:"type"`
	Description string `json:"description,omitempty"`
	Format      string `json:"format,omitempty"`
	Default     any    `json:"default,omitempty"`
	Enum        []any  `json:"enum,omitempty"`
	Examples    []any  `json:"examples,omitempty"`
	MinItems    int    `json:"minItems,omitempty"`
	Items       *field `json:"items,omitempty"`
}

// Schema is the JSON Schema (2020-12) of a request for an analysis: one
// property a parameter, in the order of a.Params. A file is a string of the
// format "okazaki-input", which the service resolves, or one of the built-in
// names given as its examples; a FileParam with Many is an array of files, and
// one with Text has the format "okazaki-input-or-text".
func Schema(a okazaki.Analysis) []byte {
	var properties bytes.Buffer
	required := []string{}
	for i := range a.Params {
		p := &a.Params[i]
		if i > 0 {
			properties.WriteByte(',')
		}
		properties.Write(mustJSON(p.Name))
		properties.WriteByte(':')
		properties.Write(mustJSON(describe(p)))
		if p.Required {
			required = append(required, p.Name)
		}
	}
	return mustJSON(struct {
		Schema      string          `json:"$schema"`
		Title       string          `json:"title"`
		Description string          `json:"description,omitempty"`
		Type        string          `json:"type"`
		Properties  json.RawMessage `json:"properties"`
		Required    []string        `json:"required"`
		Additional  bool            `json:"additionalProperties"`
	}{
		Schema: "https://json-schema.org/draft/2020-12/schema", Title: a.Name, Description: a.Short,
		Type: "object", Properties: json.RawMessage("{" + properties.String() + "}"), Required: required,
	})
}

func describe(p *okazaki.Param) field {
	f := field{Type: "string", Description: p.Help}
	switch p.Kind {
	case okazaki.IntParam:
		f.Type = "integer"
	case okazaki.FloatParam:
		f.Type = "number"
	case okazaki.BoolParam:
		f.Type = "boolean"
	}
	if p.Default != "" {
		f.Default = parseDefault(p)
	}
	var choices []any
	for _, c := range p.Choices {
		choices = append(choices, parse(p, c))
	}
	if p.Kind != okazaki.FileParam {
		f.Enum = choices
		return f
	}
	f.Format, f.Examples = "okazaki-input", choices
	if p.Text {
		f.Format += "-or-text"
	}
	if !p.Many {
		return f
	}
	items := f
	items.Description, items.Default = "", nil
	many := field{Type: "array", Description: p.Help, MinItems: 1, Items: &items}
	if f.Default != nil {
		many.Default = []any{f.Default}
	}
	return many
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
