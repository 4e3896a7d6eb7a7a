package awsemu

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A topic passes messages to the functions that subscribed to it.
type topic struct {
	arn  string
	subs []subscription
}

type subscription struct {
	function string // ARN
	filter   map[string][]string
}

type message struct {
	body  string
	attrs map[string]string
	hops  int
}

// serveSNS publishes, one message or a batch.
func (a *AWS) serveSNS(w http.ResponseWriter, c *call) {
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		xmlError(w, http.StatusBadRequest, "InvalidParameter", err.Error())
		return
	}
	arn, action := form.Get("TopicArn"), form.Get("Action")
	if !a.may(c, "sns:Publish", arn, nil) { // a batch is authorized so too
		xmlError(w, http.StatusForbidden, "AuthorizationError", "not authorized")
		return
	}
	a.mu.Lock()
	t := a.topics[arn]
	a.mu.Unlock()
	if t == nil {
		a.problem("a message to the topic %q, which is not there", arn)
		xmlError(w, http.StatusNotFound, "NotFound", "Topic does not exist")
		return
	}
	hops := hopsOf(c.Header.Get("X-Amzn-Trace-Id"))
	switch action {
	case "Publish":
		a.publish(t, message{form.Get("Message"), attributes(form, ""), hops})
		xml(w, action, "<MessageId>m</MessageId>")
	case "PublishBatch":
		var taken strings.Builder
		size := 0
		for i := 1; ; i++ {
			entry := fmt.Sprintf("PublishBatchRequestEntries.member.%d.", i)
			if !form.Has(entry + "Id") {
				break
			}
			if size += len(form.Get(entry + "Message")); i > 10 || size > 256<<10 {
				xmlError(w, http.StatusBadRequest, "TooManyEntriesInBatchRequest", "10 messages, 256 KB")
				return
			}
			a.publish(t, message{form.Get(entry + "Message"), attributes(form, entry), hops})
			fmt.Fprintf(&taken, "<member><Id>%s</Id><MessageId>m</MessageId></member>", form.Get(entry+"Id"))
		}
		xml(w, action, "<Successful>"+taken.String()+"</Successful><Failed></Failed>")
	default:
		a.problem("SNS has no action %q here", action)
		xmlError(w, http.StatusBadRequest, "InvalidAction", action)
	}
}

func attributes(form url.Values, entry string) map[string]string {
	attrs := map[string]string{}
	for i := 1; ; i++ {
		at := fmt.Sprintf("%sMessageAttributes.entry.%d.", entry, i)
		if !form.Has(at + "Name") {
			return attrs
		}
		attrs[form.Get(at+"Name")] = form.Get(at + "Value.StringValue")
	}
}

// publish passes a message on: once, twice, late or never.
func (a *AWS) publish(t *topic, m message) {
	a.count("sns message", 1)
	for _, s := range t.subs {
		if !s.wants(m) {
			continue
		}
		times, late := 1, time.Duration(0)
		f, d := &a.o.Faults, a.draw("message "+s.function)
		switch p := d.Float64(); {
		case p < f.Drop:
			times = 0
			a.count("sns dropped", 1)
		case p < f.Drop+f.Double:
			times = 2
			a.count("sns doubled", 1)
		}
		if d.Float64() < f.Delay {
			late = time.Duration(d.IntN(1000)) * time.Millisecond
		}
		event, err := json.Marshal(map[string]any{"Records": []any{map[string]any{
			"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": t.arn + ":1",
			"Sns": map[string]any{"Type": "Notification", "MessageId": "m", "TopicArn": t.arn, "Message": m.body, "Timestamp": time.Now().UTC().Format(time.RFC3339)},
		}}})
		if err != nil {
			panic(err) // strings only
		}
		for range times {
			a.later(late, func() { a.invokeAsync(s.function, "sns.amazonaws.com", t.arn, event, m.hops+1) })
		}
	}
}

func (s *subscription) wants(m message) bool {
	for name, values := range s.filter {
		if !slices.Contains(values, m.attrs[name]) {
			return false
		}
	}
	return true
}

// later does something after a while, unless the account is closed.
func (a *AWS) later(after time.Duration, do func()) {
	a.wg.Go(func() {
		select {
		case <-time.After(after):
			do()
		case <-a.closed:
		}
	})
}

// A trace carries how many functions called each other on the way here.
func traceOf(hops int) string {
	return "Root=1-00000000-000000000000000000000000;Lineage=h:" + strconv.Itoa(hops)
}

func hopsOf(trace string) int {
	_, n, ok := strings.Cut(trace, "Lineage=h:")
	if !ok {
		return 0
	}
	hops, _ := strconv.Atoi(n)
	return hops
}
