package awsemu

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// An api is an HTTP API.
type api struct {
	id           string
	integrations map[string]string // by id: the function's ARN
	routes       []route
	staged       bool
}

type route struct {
	key, target string
	signed      bool // AWS_IAM
}

// serveAPI serves http://…/ID/PATH for the API's path.
func (a *AWS) serveAPI(w http.ResponseWriter, r *http.Request) {
	id, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	a.mu.Lock()
	p := a.apis[id]
	a.mu.Unlock()
	if p == nil || !p.staged {
		http.Error(w, `{"message":"Not Found"}`, http.StatusNotFound)
		return
	}
	a.count("apigateway request", 1)
	for _, rt := range p.routes {
		values, ok := rt.match(r.Method, "/"+path)
		if !ok {
			continue
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, 10<<20+1))
		if err != nil || len(body) > 10<<20 {
			http.Error(w, `{"message":"Request Too Long"}`, http.StatusRequestEntityTooLarge)
			return
		}
		if rt.signed {
			if c, err := a.identify(r); err != nil || c.service != "execute-api" {
				http.Error(w, `{"message":"Forbidden"}`, http.StatusForbidden)
				return
			}
		}
		a.integrate(w, r, p, rt, "/"+path, values, body)
		return
	}
	http.Error(w, `{"message":"Not Found"}`, http.StatusNotFound)
}

func (rt *route) match(method, path string) (map[string]string, bool) {
	m, pattern, _ := strings.Cut(rt.key, " ")
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if m != method || len(want) != len(got) {
		return nil, false
	}
	values := map[string]string{}
	for i, w := range want {
		if strings.HasPrefix(w, "{") {
			values[strings.Trim(w, "{}")] = got[i]
		} else if w != got[i] {
			return nil, false
		}
	}
	return values, true
}

// integrate invokes the route's function with payload format 2.0.
func (a *AWS) integrate(w http.ResponseWriter, r *http.Request, p *api, rt route, path string, values map[string]string, body []byte) {
	arn := p.integrations[strings.TrimPrefix(rt.target, "integrations/")]
	source := "arn:aws:execute-api:" + Region + ":" + Account + ":" + p.id + "/$default/" + strings.Replace(rt.key, " /", "/", 1)
	f, err := a.find(arn, "apigateway.amazonaws.com", source)
	if err != nil {
		a.problem("%v", err)
		http.Error(w, `{"message":"Internal Server Error"}`, http.StatusInternalServerError)
		return
	}
	event, err := json.Marshal(map[string]any{
		"version": "2.0", "routeKey": rt.key, "rawPath": path, "rawQueryString": r.URL.RawQuery,
		"headers": map[string]string{"content-type": r.Header.Get("Content-Type")}, "pathParameters": values,
		"requestContext": map[string]any{"routeKey": rt.key, "stage": "$default", "apiId": p.id, "http": map[string]string{"method": r.Method, "path": path}},
		"body":           base64.StdEncoding.EncodeToString(body), "isBase64Encoded": true,
	})
	if err != nil {
		panic(err) // strings only
	}
	said, err := a.invoke(f, event, 0)
	var answer struct {
		StatusCode int               `json:"statusCode"`
		Headers    map[string]string `json:"headers"`
		Body       string            `json:"body"`
	}
	if err == nil {
		err = json.Unmarshal(said, &answer)
	}
	if err != nil || answer.StatusCode == 0 {
		a.count("apigateway 5xx", 1)
		http.Error(w, string(object(map[string]string{"message": "Internal Server Error", "why": fmt.Sprint(err)})), http.StatusInternalServerError)
		return
	}
	for name, value := range answer.Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = io.WriteString(w, answer.Body)
}
