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
	change     string // the name of its change set, not yet executed
}

type resource struct {
	kind, ref  string
	attributes map[string]string
	properties map[string]any
	retained   bool
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
		xml(w, action, s.describeChanges())
	case "ExecuteChangeSet":
		s.set("CREATE_IN_PROGRESS", "")
		a.wg.Go(s.execute)
		xml(w, action, "")
	case "DeleteChangeSet":
		s.change = ""
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

func (a *AWS) createChangeSet(w http.ResponseWriter, form url.Values, old *stack) {
	body := form.Get("TemplateBody")
	if len(body) > 51200 {
		xmlError(w, http.StatusBadRequest, "ValidationError", "the template is larger than 51,200 bytes")
		return
	}
	if form.Get("Capabilities.member.1") == "" && strings.Contains(body, "AWS::IAM::") {
		xmlError(w, http.StatusBadRequest, "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]")
		return
	}
	t, err := parseTemplate(body)
	if err != nil {
		xmlError(w, http.StatusBadRequest, "ValidationError", err.Error())
		return
	}
	s := &stack{a: a, name: form.Get("StackName"), template: t, parameters: map[string]string{}, change: form.Get("ChangeSetName")}
	for i := 1; form.Has(fmt.Sprintf("Parameters.member.%d.ParameterKey", i)); i++ {
		key := form.Get(fmt.Sprintf("Parameters.member.%d.ParameterKey", i))
		if _, ok := t.Parameters[key]; !ok {
			xmlError(w, http.StatusBadRequest, "ValidationError", "Parameters: ["+key+"] do not exist in the template")
			return
		}
		s.parameters[key] = form.Get(fmt.Sprintf("Parameters.member.%d.ParameterValue", i))
	}
	if form.Get("ChangeSetType") == "UPDATE" && old != nil {
		xmlError(w, http.StatusBadRequest, "ValidationError", "awsemu doesn't update stacks")
		return
	}
	s.state = "REVIEW_IN_PROGRESS"
	a.mu.Lock()
	a.stacks[s.name] = s
	a.mu.Unlock()
	xml(w, "CreateChangeSet", "<Id>arn:aws:cloudformation:change</Id><StackId>"+s.id()+"</StackId>")
}

func (s *stack) id() string {
	return "arn:aws:cloudformation:" + Region + ":" + Account + ":stack/" + s.name + "/1"
}

func (s *stack) describeChanges() string {
	var b strings.Builder
	b.WriteString("<Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus><Changes>")
	for _, name := range slices.Sorted(maps.Keys(s.template.Resources)) {
		fmt.Fprintf(&b, "<member><Type>Resource</Type><ResourceChange><Action>Add</Action><LogicalResourceId>%s</LogicalResourceId><ResourceType>%s</ResourceType></ResourceChange></member>",
			name, field(s.template.Resources[name], "Type"))
	}
	return b.String() + "</Changes>"
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
	return b.String() + "</Outputs>"
}

// execute makes the resources, each after what it refers to.
func (s *stack) execute() {
	s.resources, s.making = map[string]*resource{}, map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(s.template.Resources)) {
		if _, err := s.make(name); err != nil {
			s.set("ROLLBACK_COMPLETE", err.Error())
			s.a.problem("stack %s: %v", s.name, err)
			return
		}
	}
	outputs := map[string]string{}
	for name, o := range s.template.Outputs {
		v, err := s.resolve(field(o, "Value"))
		if err != nil {
			s.set("ROLLBACK_COMPLETE", err.Error())
			s.a.problem("stack %s: output %s: %v", s.name, name, err)
			return
		}
		outputs[name] = fmt.Sprint(v)
	}
	s.a.mu.Lock()
	s.outputs, s.state = outputs, "CREATE_COMPLETE"
	s.a.mu.Unlock()
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
	r := &resource{kind: kind, attributes: map[string]string{}, retained: field(definition, "DeletionPolicy") == "Retain"}
	r.properties, _ = properties.(map[string]any)
	create := maker(kind)
	if create == nil {
		return nil, fmt.Errorf("%s: awsemu doesn't know %s", name, kind)
	}
	if err := create(s, name, r); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s.resources[name] = r
	return r, nil
}

// Resources are what a stack, or what was deleted of it, has left, by kind.
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
		if r.retained {
			continue
		}
		if r.remove != nil {
			if err := r.remove(); err != nil {
				s.set("DELETE_FAILED", err.Error())
				return
			}
		}
		s.a.mu.Lock()
		delete(s.resources, name)
		s.a.mu.Unlock()
	}
	s.set("DELETE_COMPLETE", "")
}
