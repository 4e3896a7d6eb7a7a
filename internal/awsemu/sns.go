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

// A topic passes messages to the functions and the addresses that subscribed to
// it.
type topic struct {
	arn  string
	subs []*subscription
}

type subscription struct {
	arn      string
	protocol string // lambda, http or https
	endpoint string // ARN or URL
	filter   map[string][]string
	raw      bool   // the message alone, without the envelope
	token    string // that confirms it; empty once it is confirmed
}

type message struct {
	body  string
	attrs map[string]string
	hops  int
}

// serveSNS publishes, one message or a batch, and keeps subscriptions.
func (a *AWS) serveSNS(w http.ResponseWriter, c *call) {
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		xmlError(w, http.StatusBadRequest, "InvalidParameter", err.Error())
		return
	}
	action := form.Get("Action")
	arn := form.Get("TopicArn")
	if arn == "" { // a subscription's begins with its topic's
		arn = form.Get("SubscriptionArn")
		arn = arn[:max(0, strings.LastIndexByte(arn, ':'))]
	}
	allowed := "sns:" + action
	if action == "PublishBatch" { // a batch is authorized so too
		allowed = "sns:Publish"
	}
	if !a.may(c, allowed, arn, nil) {
		xmlError(w, http.StatusForbidden, "AuthorizationError", "not authorized")
		return
	}
	a.mu.Lock()
	t := a.topics[arn]
	a.mu.Unlock()
	if t == nil {
		a.problem("the topic %q is asked to %s, and is not there", arn, action)
		xmlError(w, http.StatusNotFound, "NotFound", "Topic does not exist")
		return
	}
	switch action {
	case "Publish":
		if len(form.Get("Message")) > 256<<10 {
			xmlError(w, http.StatusBadRequest, "InvalidParameter", "Message too long")
			return
		}
		id := a.publish(t, message{form.Get("Message"), attributes(form, ""), hopsOf(c.Header.Get("X-Amzn-Trace-Id"))})
		xml(w, action, "<MessageId>"+id+"</MessageId>")
	case "PublishBatch":
		a.publishBatch(w, c, t, form)
	case "Subscribe":
		a.subscribe(w, t, form)
	case "ConfirmSubscription":
		a.confirm(w, t, form.Get("Token"))
	case "ListSubscriptionsByTopic":
		xml(w, action, a.listSubscriptions(t))
	case "Unsubscribe":
		a.unsubscribe(t, form.Get("SubscriptionArn"))
		xml(w, action, "")
	default:
		a.problem("SNS has no action %q here", action)
		xmlError(w, http.StatusBadRequest, "InvalidAction", action)
	}
}

func (a *AWS) publishBatch(w http.ResponseWriter, c *call, t *topic, form url.Values) {
	var all []message
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
		all = append(all, message{form.Get(entry + "Message"), attributes(form, entry), hopsOf(c.Header.Get("X-Amzn-Trace-Id"))})
	}
	for i, m := range all {
		fmt.Fprintf(&taken, "<member><Id>%s</Id><MessageId>%s</MessageId></member>",
			form.Get(fmt.Sprintf("PublishBatchRequestEntries.member.%d.Id", i+1)), a.publish(t, m))
	}
	xml(w, "PublishBatch", "<Successful>"+taken.String()+"</Successful><Failed></Failed>")
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

// publish passes a message on: once, twice, late or never. It returns the
// message's id.
func (a *AWS) publish(t *topic, m message) string {
	a.count("sns message", 1)
	a.mu.Lock()
	subs := slices.Clone(t.subs)
	id := fmt.Sprintf("message-%d", a.counts["sns message"])
	a.mu.Unlock()
	for _, s := range subs {
		if s.token != "" || !s.wants(m) {
			continue
		}
		times, late := 1, time.Duration(0)
		f, d := &a.o.Faults, a.draw("message "+s.endpoint)
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
		n := notification{
			Type: "Notification", MessageId: id, TopicArn: t.arn, Message: m.body, Timestamp: timestamp(),
			MessageAttributes: map[string]messageAttribute{},
		}
		for name, value := range m.attrs {
			n.MessageAttributes[name] = messageAttribute{"String", value}
		}
		for range times {
			a.later(late, func() { a.deliver(s, n, m.hops+1) })
		}
	}
	return id
}

// deliver hands a message to a subscriber.
func (a *AWS) deliver(s *subscription, n notification, hops int) {
	if s.protocol != "lambda" {
		a.post(s, n)
		return
	}
	event, err := json.Marshal(map[string]any{"Records": []any{map[string]any{
		"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": s.arn, "Sns": n,
	}}})
	if err != nil {
		panic(err) // strings only
	}
	a.invokeAsync(s.endpoint, "sns.amazonaws.com", n.TopicArn, event, hops)
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
