package awsemu

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A template is a CloudFormation file, with the short forms of its functions
// written out.
type template struct {
	Parameters, Mappings, Resources, Outputs map[string]any
}

func parseTemplate(text string) (*template, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 {
		return nil, fmt.Errorf("the template is empty")
	}
	root, ok := plain(doc.Content[0]).(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the template is not a mapping")
	}
	t := &template{}
	for name, into := range map[string]*map[string]any{"Parameters": &t.Parameters, "Mappings": &t.Mappings, "Resources": &t.Resources, "Outputs": &t.Outputs} {
		*into, _ = root[name].(map[string]any)
	}
	return t, nil
}

// plain turns a node into maps, slices and strings.
func plain(n *yaml.Node) any {
	var v any
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plain(n.Content[i+1])
		}
		v = m
	case yaml.SequenceNode:
		l := []any{}
		for _, c := range n.Content {
			l = append(l, plain(c))
		}
		v = l
	case yaml.AliasNode:
		panic("CloudFormation knows no aliases")
	default:
		v = n.Value
	}
	switch tag := n.Tag; {
	case tag == "!Ref":
		return map[string]any{"Ref": v}
	case tag == "!GetAtt":
		resource, attribute, _ := strings.Cut(fmt.Sprint(v), ".")
		return map[string]any{"Fn::GetAtt": []any{resource, attribute}}
	case strings.HasPrefix(tag, "!") && !strings.HasPrefix(tag, "!!"):
		return map[string]any{"Fn::" + tag[1:]: v}
	}
	return v
}

var inSub = regexp.MustCompile(`\$\{([^}!]+)\}`)

// resolve replaces functions by their values. What a reference names is made
// first.
func (s *stack) resolve(v any) (any, error) {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			var err error
			if out[i], err = s.resolve(v[i]); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		if name, ok := v["Ref"]; ok && len(v) == 1 {
			return s.ref(fmt.Sprint(name))
		}
		if at, ok := v["Fn::GetAtt"].([]any); ok {
			return s.attribute(fmt.Sprint(at[0]), fmt.Sprint(at[1]))
		}
		if text, ok := v["Fn::Sub"].(string); ok {
			return s.sub(text)
		}
		if path, ok := v["Fn::FindInMap"].([]any); ok {
			return s.findInMap(path)
		}
		out := map[string]any{}
		for name, inner := range v {
			if strings.HasPrefix(name, "Fn::") {
				return nil, fmt.Errorf("awsemu doesn't know %s", name)
			}
			var err error
			if out[name], err = s.resolve(inner); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return v, nil
}

// findInMap is what a mapping of the template has at a path.
func (s *stack) findInMap(path []any) (any, error) {
	at := any(s.template.Mappings)
	for _, step := range path {
		name, err := s.resolve(step)
		if err != nil {
			return nil, err
		}
		if at = field(at, fmt.Sprint(name)); at == nil {
			return nil, fmt.Errorf("the template maps no %v of %v", name, path)
		}
	}
	return at, nil
}

func (s *stack) sub(text string) (any, error) {
	var err error
	out := inSub.ReplaceAllStringFunc(text, func(m string) string {
		name := m[2 : len(m)-1]
		var v any
		var e error
		if resource, attribute, dotted := strings.Cut(name, "."); dotted {
			v, e = s.attribute(resource, attribute)
		} else {
			v, e = s.ref(name)
		}
		if e != nil {
			err = e
		}
		return fmt.Sprint(v)
	})
	return out, err
}

func (s *stack) ref(name string) (any, error) {
	switch name {
	case "AWS::Region":
		return Region, nil
	case "AWS::AccountId":
		return Account, nil
	case "AWS::Partition":
		return "aws", nil
	case "AWS::StackName":
		return s.name, nil
	}
	if p, ok := s.template.Parameters[name]; ok {
		v, given := s.parameters[name]
		if !given {
			if v, given = field(p, "Default").(string); !given {
				return nil, fmt.Errorf("the parameter %s has no value", name)
			}
		}
		if allowed := texts(field(p, "AllowedValues")); len(allowed) > 0 && !slices.Contains(allowed, v) {
			return nil, fmt.Errorf("the parameter %s can't be %q", name, v)
		}
		return v, nil
	}
	r, err := s.make(name)
	if err != nil {
		return nil, err
	}
	return r.ref, nil
}

func (s *stack) attribute(resource, attribute string) (any, error) {
	r, err := s.make(resource)
	if err != nil {
		return nil, err
	}
	v, ok := r.attributes[attribute]
	if !ok {
		return nil, fmt.Errorf("%s, a %s, has no attribute %s", resource, r.kind, attribute)
	}
	return v, nil
}

// field is a mapping's value; nil if there is none.
func field(v any, path ...string) any {
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

func texts(v any) []string {
	var all []string
	for _, x := range list(v) {
		all = append(all, fmt.Sprint(x))
	}
	return all
}
