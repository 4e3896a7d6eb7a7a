package awsemu

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A stack is a template with its resources.
type stack struct {
	a          *AWS
	name       string
	state      string
	reason     string
	template   *template
	parameters map[string]string
	resources  map[string]*resource
	making     map[string]bool
	outputs    map[string]string
	change     *change              // not yet executed
	before     map[string]*resource // while the stack is updated: its existing resources that are to change
}

type resource struct {
	kind, ref  string
	attributes map[string]string
	properties map[string]any
	policy     string // what happens to it when its stack is deleted: Delete, or Retain, or RetainExceptOnCreate
	replaced   bool   // a changed resource is removed first: nothing refers to it
	remove     func() error
}

// serveStacks is CloudFormation, as far as a deployment needs it.
func (a *AWS) serveStacks(w http.ResponseWriter, c *call) {
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		xmlError(w, http.StatusBadRequest, "ValidationError", err.Error())
		return
	}
	action := form.Get("Action")
	if !a.may(c, "cloudformation:"+action, "arn:aws:cloudformation:"+Region+":"+Account+":stack/"+form.Get("StackName")+"/1", nil) {
		xmlError(w, http.StatusForbidden, "AccessDenied", "not authorized")
		return
	}
	a.mu.Lock()
	s := a.stacks[form.Get("StackName")]
	a.mu.Unlock()
	missing := s == nil || s.state == "DELETE_COMPLETE"
	if missing && action != "CreateChangeSet" {
		xmlError(w, http.StatusBadRequest, "ValidationError", "Stack with id "+form.Get("StackName")+" does not exist")
		return
	}
	switch action {
	case "CreateChangeSet":
		a.createChangeSet(w, form, s)
	case "DescribeChangeSet":
		s.describeChanges(w)
	case "ExecuteChangeSet":
		s.executeChanges(w)
	case "DeleteChangeSet":
		s.change = nil
		xml(w, action, "")
	case "DescribeStacks":
		xml(w, action, "<Stacks><member>"+s.describe()+"</member></Stacks>")
	case "DescribeStackEvents":
		xml(w, action, fmt.Sprintf("<StackEvents><member><LogicalResourceId>%s</LogicalResourceId><ResourceStatus>%s</ResourceStatus><ResourceStatusReason>%s</ResourceStatusReason><Timestamp>%s</Timestamp></member></StackEvents>",
			s.name, s.state, escape(s.reason), time.Now().UTC().Format(time.RFC3339)))
	case "DeleteStack":
		s.set("DELETE_IN_PROGRESS", "")
		a.wg.Go(s.delete)
		xml(w, action, "")
	default:
		xmlError(w, http.StatusBadRequest, "InvalidAction", action)
	}
}

func (s *stack) set(state, reason string) {
	s.a.mu.Lock()
	s.state, s.reason = state, reason
	s.a.mu.Unlock()
}

func (s *stack) id() string {
	return "arn:aws:cloudformation:" + Region + ":" + Account + ":stack/" + s.name + "/1"
}

func (s *stack) describe() string {
	s.a.mu.Lock()
	defer s.a.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "<StackId>%s</StackId><StackName>%s</StackName><StackStatus>%s</StackStatus><StackStatusReason>%s</StackStatusReason><CreationTime>2026-01-01T00:00:00Z</CreationTime><Outputs>",
		s.id(), s.name, s.state, escape(s.reason))
	for _, name := range slices.Sorted(maps.Keys(s.outputs)) {
		fmt.Fprintf(&b, "<member><OutputKey>%s</OutputKey><OutputValue>%s</OutputValue></member>", name, escape(s.outputs[name]))
	}
	b.WriteString("</Outputs><Parameters>")
	for _, name := range slices.Sorted(maps.Keys(s.parameters)) {
		fmt.Fprintf(&b, "<member><ParameterKey>%s</ParameterKey><ParameterValue>%s</ParameterValue></member>", name, escape(s.parameters[name]))
	}
	return b.String() + "</Parameters>"
}

// build makes the resources of the template, each after what it refers to, and
// the outputs.
func (s *stack) build() error {
	s.making = map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(s.template.Resources)) {
		if _, err := s.make(name); err != nil {
			return err
		}
	}
	outputs := map[string]string{}
	for name, o := range s.template.Outputs {
		v, err := s.resolve(field(o, "Value"))
		if err != nil {
			return fmt.Errorf("output %s: %w", name, err)
		}
		outputs[name] = fmt.Sprint(v)
	}
	s.a.mu.Lock()
	s.outputs = outputs
	s.a.mu.Unlock()
	return nil
}

// make makes a resource, unless it is there.
func (s *stack) make(name string) (*resource, error) {
	if r, ok := s.resources[name]; ok {
		return r, nil
	}
	definition, ok := s.template.Resources[name]
	if !ok {
		return nil, fmt.Errorf("there is no %s in the template", name)
	}
	if s.making[name] {
		return nil, fmt.Errorf("%s refers to itself", name)
	}
	s.making[name] = true
	kind := fmt.Sprint(field(definition, "Type"))
	properties, err := s.resolve(field(definition, "Properties"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r := &resource{kind: kind, attributes: map[string]string{}, policy: fmt.Sprint(field(definition, "DeletionPolicy"))}
	r.properties, _ = properties.(map[string]any)
	create := maker(kind)
	if create == nil {
		return nil, fmt.Errorf("%s: awsemu doesn't know %s", name, kind)
	}
	if old := s.before[name]; old != nil && old.replaced && old.remove != nil {
		if err := old.remove(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := create(s, name, r); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s.a.mu.Lock()
	s.resources[name] = r
	s.a.mu.Unlock()
	return r, nil
}

// Resources counts what a stack, even a deleted one, has left, by kind.
func (a *AWS) Resources(name string) map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	left := map[string]int{}
	if s := a.stacks[name]; s != nil {
		for _, r := range s.resources {
			left[r.kind]++
		}
	}
	return left
}

func (s *stack) delete() {
	for name, r := range s.resources {
		if strings.HasPrefix(r.policy, "Retain") {
			continue
		}
		if r.remove != nil {
			if err := r.remove(); err != nil {
				s.set("DELETE_FAILED", err.Error())
				return
			}
		}
		s.drop(name)
	}
	s.set("DELETE_COMPLETE", "")
}
