package awsemu

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// A change is a change set: another template, or other parameters.
type change struct {
	name       string
	template   *template
	parameters map[string]string
	what       map[string]string // by resource: Add, Modify or Remove
}

func (a *AWS) createChangeSet(w http.ResponseWriter, form url.Values, old *stack) {
	refuse := func(code, format string, args ...any) {
		xmlError(w, http.StatusBadRequest, code, fmt.Sprintf(format, args...))
	}
	body := form.Get("TemplateBody")
	if len(body) > 51200 {
		refuse("ValidationError", "the template is larger than 51,200 bytes")
		return
	}
	if form.Get("Capabilities.member.1") == "" && strings.Contains(body, "AWS::IAM::") {
		refuse("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]")
		return
	}
	t, err := parseTemplate(body)
	if err != nil {
		refuse("ValidationError", "%v", err)
		return
	}
	s := old
	switch update := form.Get("ChangeSetType") == "UPDATE"; {
	case update && (s == nil || !slices.Contains([]string{"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}, s.state)):
		refuse("ValidationError", "Stack %s can't be updated", form.Get("StackName"))
		return
	case !update && s != nil && s.state != "REVIEW_IN_PROGRESS" && s.state != "DELETE_COMPLETE":
		refuse("AlreadyExistsException", "Stack %s already exists", s.name)
		return
	case !update:
		s = &stack{a: a, name: form.Get("StackName"), state: "REVIEW_IN_PROGRESS", template: &template{}, resources: map[string]*resource{}}
	}
	c := &change{name: form.Get("ChangeSetName"), template: t, parameters: map[string]string{}}
	for i := 1; form.Has(fmt.Sprintf("Parameters.member.%d.ParameterKey", i)); i++ {
		at := fmt.Sprintf("Parameters.member.%d.", i)
		key := form.Get(at + "ParameterKey")
		if _, ok := t.Parameters[key]; !ok {
			refuse("ValidationError", "Parameters: [%s] do not exist in the template", key)
			return
		}
		value, before := form.Get(at+"ParameterValue"), s.parameters[key]
		if form.Get(at+"UsePreviousValue") == "true" {
			value = before
		}
		c.parameters[key] = value
	}
	c.what = s.differences(c)
	a.mu.Lock()
	s.change = c
	a.stacks[s.name] = s
	a.mu.Unlock()
	xml(w, "CreateChangeSet", "<Id>arn:aws:cloudformation:change</Id><StackId>"+s.id()+"</StackId>")
}

// differences returns what a change does to each resource of the stack. A
// resource is modified if its definition differs, or refers to a parameter
// that does.
func (s *stack) differences(c *change) map[string]string {
	what := map[string]string{}
	for name, definition := range c.template.Resources {
		old, there := s.template.Resources[name]
		switch {
		case !there:
			what[name] = "Add"
		case !reflect.DeepEqual(old, definition) || s.otherParameter(definition, c):
			what[name] = "Modify"
		}
	}
	for name := range s.template.Resources {
		if _, ok := c.template.Resources[name]; !ok {
			what[name] = "Remove"
		}
	}
	return what
}

// otherParameter says whether a definition refers to a parameter whose value
// changes.
func (s *stack) otherParameter(v any, c *change) bool {
	other := func(name string) bool {
		_, is := c.template.Parameters[name]
		return is && valueOf(s.template, s.parameters, name) != valueOf(c.template, c.parameters, name)
	}
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, func(x any) bool { return s.otherParameter(x, c) })
	case map[string]any:
		for name, inner := range v {
			text, isText := inner.(string)
			switch {
			case name == "Ref" && isText && other(text):
				return true
			case name == "Fn::Sub" && isText:
				for _, m := range inSub.FindAllStringSubmatch(text, -1) {
					if other(m[1]) {
						return true
					}
				}
			case s.otherParameter(inner, c):
				return true
			}
		}
	}
	return false
}

// valueOf is a parameter's value: as given, or else its default.
func valueOf(t *template, given map[string]string, name string) string {
	if v, ok := given[name]; ok {
		return v
	}
	v, _ := field(t.Parameters[name], "Default").(string)
	return v
}

func (s *stack) describeChanges(w http.ResponseWriter) {
	c := s.change
	if c == nil {
		xmlError(w, http.StatusNotFound, "ChangeSetNotFound", "ChangeSet does not exist")
		return
	}
	if len(c.what) == 0 {
		xml(w, "DescribeChangeSet", "<Status>FAILED</Status><ExecutionStatus>UNAVAILABLE</ExecutionStatus>"+
			"<StatusReason>The submitted information didn't contain changes. Submit different information to create a change set.</StatusReason>")
		return
	}
	var b strings.Builder
	b.WriteString("<Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus><Changes>")
	for _, name := range slices.Sorted(maps.Keys(c.what)) {
		definition, ok := c.template.Resources[name]
		if !ok {
			definition = s.template.Resources[name]
		}
		fmt.Fprintf(&b, "<member><Type>Resource</Type><ResourceChange><Action>%s</Action><LogicalResourceId>%s</LogicalResourceId><ResourceType>%s</ResourceType></ResourceChange></member>",
			c.what[name], name, field(definition, "Type"))
	}
	xml(w, "DescribeChangeSet", b.String()+"</Changes>")
}

// executeChanges begins to make the stack, or to bring it up to date.
func (s *stack) executeChanges(w http.ResponseWriter) {
	c := s.change
	if c == nil || len(c.what) == 0 {
		xmlError(w, http.StatusBadRequest, "InvalidChangeSetStatus", "ChangeSet can't be executed")
		return
	}
	s.change = nil
	if s.state == "REVIEW_IN_PROGRESS" {
		s.set("CREATE_IN_PROGRESS", "")
		s.a.wg.Go(func() { s.create(c) })
	} else {
		s.set("UPDATE_IN_PROGRESS", "")
		s.a.wg.Go(func() { s.update(c) })
	}
	xml(w, "ExecuteChangeSet", "")
}

func (s *stack) create(c *change) {
	s.template, s.parameters = c.template, c.parameters
	err := s.build()
	if err == nil {
		s.set("CREATE_COMPLETE", "")
		return
	}
	s.a.problem("stack %s: %v", s.name, err)
	for name, r := range s.resources {
		if r.policy == "Retain" {
			continue
		}
		if r.remove != nil {
			if e := r.remove(); e != nil {
				s.set("ROLLBACK_FAILED", e.Error())
				return
			}
		}
		s.drop(name)
	}
	s.set("ROLLBACK_COMPLETE", err.Error())
}

// update creates and updates resources, then deletes those removed. If that
// fails, it brings back the old template.
func (s *stack) update(c *change) {
	template, parameters := s.template, s.parameters
	if err := s.bring(c); err != nil {
		s.a.problem("stack %s: %v", s.name, err)
		back := &change{template: template, parameters: parameters}
		back.what = s.differences(back)
		if e := s.bring(back); e != nil {
			s.set("UPDATE_ROLLBACK_FAILED", e.Error())
			return
		}
		s.set("UPDATE_ROLLBACK_COMPLETE", err.Error())
		return
	}
	s.set("UPDATE_COMPLETE", "")
}

func (s *stack) bring(c *change) error {
	s.template, s.parameters, s.before = c.template, c.parameters, map[string]*resource{}
	for name, what := range c.what {
		if r := s.resources[name]; r != nil && what == "Modify" {
			s.before[name] = r
			s.drop(name)
		}
	}
	err := s.build()
	for name, r := range s.before { // what came to nothing is as it was
		if s.resources[name] == nil {
			s.resources[name] = r
		}
	}
	s.before = nil
	if err != nil {
		return err
	}
	for name, what := range c.what {
		r := s.resources[name]
		if what != "Remove" || r == nil {
			continue
		}
		if r.remove != nil && !strings.HasPrefix(r.policy, "Retain") {
			if err := r.remove(); err != nil {
				return err
			}
		}
		s.drop(name)
	}
	return nil
}

func (s *stack) drop(name string) {
	s.a.mu.Lock()
	delete(s.resources, name)
	s.a.mu.Unlock()
}
