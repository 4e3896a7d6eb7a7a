package awsemu

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A notification is what SNS says to a subscriber. It isn't signed.
type notification struct {
	Type              string
	MessageId         string
	TopicArn          string
	Message           string
	Timestamp         string
	Token             string                      `json:",omitempty"`
	SubscribeURL      string                      `json:",omitempty"`
	UnsubscribeURL    string                      `json:",omitempty"`
	MessageAttributes map[string]messageAttribute `json:",omitempty"`
}

type messageAttribute struct{ Type, Value string }

func timestamp() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000Z") }

// subscribe takes an address of a web server. It gets nothing but the
// question whether it confirms, until it has.
func (a *AWS) subscribe(w http.ResponseWriter, t *topic, form url.Values) {
	s := &subscription{arn: t.arn + ":" + strings.ToLower(rand.Text()), protocol: form.Get("Protocol"), endpoint: form.Get("Endpoint"), token: rand.Text()}
	if s.protocol != "http" && s.protocol != "https" || !strings.HasPrefix(s.endpoint, s.protocol+"://") {
		xmlError(w, http.StatusBadRequest, "InvalidParameter", "Invalid parameter: a web server can subscribe here, and a template's function")
		return
	}
	for i := 1; ; i++ {
		at := fmt.Sprintf("Attributes.entry.%d.", i)
		if !form.Has(at + "key") {
			break
		}
		switch value := form.Get(at + "value"); form.Get(at + "key") {
		case "RawMessageDelivery":
			s.raw = value == "true"
		case "FilterPolicy":
			if err := json.Unmarshal([]byte(value), &s.filter); err != nil {
				xmlError(w, http.StatusBadRequest, "InvalidParameter", "Invalid parameter: FilterPolicy: "+err.Error())
				return
			}
		}
	}
	a.ask(t, s)
	xml(w, "Subscribe", "<SubscriptionArn>pending confirmation</SubscriptionArn>")
}

// ask keeps a subscription of a web server and asks it to confirm.
func (a *AWS) ask(t *topic, s *subscription) {
	a.mu.Lock()
	t.subs = append(t.subs, s)
	a.mu.Unlock()
	n := notification{
		Type: "SubscriptionConfirmation", MessageId: "confirm-" + s.token, TopicArn: t.arn, Timestamp: timestamp(), Token: s.token,
		Message:      "You have chosen to subscribe to the topic " + t.arn + ".",
		SubscribeURL: a.URL + "/?Action=ConfirmSubscription&TopicArn=" + url.QueryEscape(t.arn) + "&Token=" + s.token,
	}
	a.later(0, func() { a.post(s, n) })
}

// serveConfirmation serves a visit to a SubscribeURL, which is not signed.
func (a *AWS) serveConfirmation(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	t := a.topics[r.URL.Query().Get("TopicArn")]
	a.mu.Unlock()
	if t == nil {
		xmlError(w, http.StatusNotFound, "NotFound", "Topic does not exist")
		return
	}
	a.confirm(w, t, r.URL.Query().Get("Token"))
}

func (a *AWS) confirm(w http.ResponseWriter, t *topic, token string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, s := range t.subs {
		if token != "" && s.token == token {
			confirmed := *s // deliveries read the old one
			confirmed.token = ""
			t.subs[i] = &confirmed
			xml(w, "ConfirmSubscription", "<SubscriptionArn>"+s.arn+"</SubscriptionArn>")
			return
		}
	}
	xmlError(w, http.StatusBadRequest, "InvalidParameter", "Invalid token")
}

func (a *AWS) listSubscriptions(t *topic) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var b strings.Builder
	for _, s := range t.subs {
		arn := s.arn
		if s.token != "" {
			arn = "PendingConfirmation"
		}
		fmt.Fprintf(&b, "<member><SubscriptionArn>%s</SubscriptionArn><Protocol>%s</Protocol><Endpoint>%s</Endpoint><TopicArn>%s</TopicArn><Owner>%s</Owner></member>",
			arn, s.protocol, escape(s.endpoint), t.arn, Account)
	}
	return "<Subscriptions>" + b.String() + "</Subscriptions>"
}

func (a *AWS) unsubscribe(t *topic, arn string) {
	a.mu.Lock()
	t.subs = slices.DeleteFunc(slices.Clone(t.subs), func(s *subscription) bool { return s.arn == arn })
	a.mu.Unlock()
}

// tries is how often a web server is told: at once, three times more without a
// pause, and then with pauses.
const tries = 6

// post tells a web server a notification until it answers with 2xx.
func (a *AWS) post(s *subscription, n notification) {
	body, err := json.Marshal(n)
	if err != nil {
		panic(err) // strings only
	}
	if s.raw && n.Type == "Notification" {
		body = []byte(n.Message)
	}
	for try := range tries {
		if try >= 4 {
			select {
			case <-time.After(a.o.Minute / 60): // a second of the schedules'
			case <-a.closed:
				return
			}
		}
		a.count("sns post", 1)
		if a.told(s, n, body) {
			return
		}
	}
	a.count("sns undelivered", 1)
}

func (a *AWS) told(s *subscription, n notification, body []byte) bool {
	r, err := http.NewRequest(http.MethodPost, s.endpoint, bytes.NewReader(body))
	if err != nil {
		return false
	}
	for name, value := range map[string]string{
		"Content-Type": "text/plain; charset=UTF-8", "User-Agent": "Amazon Simple Notification Service Agent",
		"X-Amz-Sns-Message-Type": n.Type, "X-Amz-Sns-Message-Id": n.MessageId, "X-Amz-Sns-Topic-Arn": n.TopicArn,
	} {
		r.Header.Set(name, value)
	}
	if n.Type == "Notification" {
		r.Header.Set("X-Amz-Sns-Subscription-Arn", s.arn)
	}
	if s.raw {
		r.Header.Set("X-Amz-Sns-Rawdelivery", "true")
	}
	answer, err := a.poster.Do(r)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode/100 == 2
}
