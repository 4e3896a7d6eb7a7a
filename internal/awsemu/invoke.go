package awsemu

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// The largest events: for a synchronous invocation, and for an asynchronous
// one.
const (
	maxSync  = 6 << 20
	maxAsync = 1 << 20
)

// serveLambda is POST /2015-03-31/functions/NAME/invocations.
func (a *AWS) serveLambda(w http.ResponseWriter, c *call) {
	name, ok := strings.CutSuffix(strings.TrimPrefix(c.URL.Path, "/2015-03-31/functions/"), "/invocations")
	if !ok || c.Method != http.MethodPost {
		a.problem("Lambda has no %s %s here", c.Method, c.URL.Path)
		jsonError(w, http.StatusNotFound, "ResourceNotFoundException", "no such operation")
		return
	}
	name = name[strings.LastIndexByte(name, ':')+1:] // of a whole or a partial ARN
	arn := "arn:aws:lambda:" + Region + ":" + Account + ":function:" + name
	if !a.may(c, "lambda:InvokeFunction", arn, nil) {
		jsonError(w, http.StatusForbidden, "AccessDeniedException", "not authorized to perform lambda:InvokeFunction")
		return
	}
	f, err := a.find(arn, "", "")
	if err != nil {
		jsonError(w, http.StatusNotFound, "ResourceNotFoundException", "Function not found: "+arn)
		return
	}
	kind, most := c.Header.Get("X-Amz-Invocation-Type"), maxSync
	if kind == "Event" {
		most = maxAsync
	}
	hops := hopsOf(c.Header.Get("X-Amzn-Trace-Id")) + 1
	switch {
	case len(c.body) > most:
		jsonError(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException", "the event is too large")
	case len(c.body) > 0 && !json.Valid(c.body):
		jsonError(w, http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json")
	case kind == "DryRun":
		w.WriteHeader(http.StatusNoContent)
	case kind == "Event":
		a.later(0, func() { a.invokeAsync(arn, "", "", c.body, hops) })
		w.WriteHeader(http.StatusAccepted)
	default:
		a.invokeSync(w, f, c.body, hops)
	}
}

// invokeSync sends the function's result, or says that it may not run now.
func (a *AWS) invokeSync(w http.ResponseWriter, f *function, event []byte, hops int) {
	if len(event) == 0 {
		event = []byte("{}")
	}
	said, err := a.invoke(f, event, hops)
	if errors.Is(err, errThrottled) {
		w.Header().Set("Retry-After", "1")
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Amzn-Errortype", "TooManyRequestsException")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}`))
		return
	}
	w.Header().Set("X-Amz-Executed-Version", "$LATEST")
	if err != nil {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		if !json.Valid(said) || len(said) == 0 { // the process had no say
			said, _ = json.Marshal(map[string]string{"errorType": "Runtime.ExitError", "errorMessage": err.Error()})
		}
	}
	_, _ = w.Write(said)
}
