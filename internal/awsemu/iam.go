package awsemu

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// A role is what the functions that have it may do.
type role struct {
	arn, key   string
	trusts     map[string]bool // services that may take it
	statements []statement
}

// A statement of a policy.
type statement struct {
	deny               bool
	actions, resources []string
	conditions         map[string]any
}

// parsePolicy reads a policy document.
func parsePolicy(doc any) []statement {
	var all []statement
	for _, s := range list(field(doc, "Statement")) {
		st := statement{deny: field(s, "Effect") == "Deny", actions: texts(field(s, "Action")), resources: texts(field(s, "Resource"))}
		st.conditions, _ = field(s, "Condition").(map[string]any)
		all = append(all, st)
	}
	return all
}

// matches says whether a statement is about an action, made with the headers
// of a request over TLS.
func (s *statement) matches(action, resource string, h http.Header) bool {
	if !anyGlob(s.actions, action) || !anyGlob(s.resources, resource) {
		return false
	}
	for kind, want := range s.conditions {
		for key, value := range want.(map[string]any) {
			var holds bool
			switch {
			case kind == "Null" && key == "s3:if-none-match":
				holds = (h.Get("If-None-Match") == "") == (fmt.Sprint(value) == "true")
			case kind == "Bool" && key == "aws:SecureTransport":
				holds = fmt.Sprint(value) == "true" // as AWS's endpoints are
			default:
				panic("awsemu doesn't know the condition " + kind + " " + key)
			}
			if !holds {
				return false
			}
		}
	}
	return true
}

func anyGlob(patterns []string, s string) bool {
	for _, p := range patterns {
		p = strings.ReplaceAll(regexp.QuoteMeta(p), `\*`, ".*")
		if ok, _ := regexp.MatchString("^"+p+"$", s); ok {
			return true
		}
	}
	return false
}

// may says whether a caller may do an action, and notes where not.
func (a *AWS) may(c *call, action, resource string, resourcePolicy []statement) bool {
	a.count(action, 1)
	for i := range resourcePolicy {
		if s := &resourcePolicy[i]; s.deny && s.matches(action, resource, c.Header) {
			a.problem("%s may not %s on %s: the resource's policy denies it", c.caller, action, resource)
			return false
		}
	}
	if c.role == nil || c.role.allows(action, resource) {
		return true
	}
	a.problem("role %s may not %s on %s", c.role.arn, action, resource)
	return false
}

func (r *role) allows(action, resource string) bool {
	for i := range r.statements {
		if s := &r.statements[i]; !s.deny && s.matches(action, resource, http.Header{}) {
			return true
		}
	}
	return false
}
