package awsemu_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"okazaki/internal/awsemu"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
)

// A listener is a web server that a topic tells things.
type listener struct {
	mu    sync.Mutex
	heard []heard
	deaf  int // how many requests are answered with 500
	url   string
}

type heard struct {
	kind, subscription, body                       string
	Type, Token, SubscribeURL, TopicArn, MessageId string
	Message                                        string
	MessageAttributes                              map[string]struct{ Type, Value string }
}

func listen(t *testing.T) *listener {
	l := &listener{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h := heard{kind: r.Header.Get("X-Amz-Sns-Message-Type"), subscription: r.Header.Get("X-Amz-Sns-Subscription-Arn"), body: string(body)}
		_ = json.Unmarshal(body, &h) // a raw message is none
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.deaf > 0 {
			l.deaf--
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		l.heard = append(l.heard, h)
	}))
	t.Cleanup(server.Close)
	l.url = server.URL
	return l
}

func (l *listener) all() []heard {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]heard(nil), l.heard...)
}

func topics(t *testing.T) *sns.Client {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sns.NewFromConfig(cfg)
}

// TestWebServerSubscribes drives a topic with the SDK's own client: a web
// server hears a question, and messages once it has confirmed.
func TestWebServerSubscribes(t *testing.T) {
	c := open(t, awsemu.Faults{})
	client, topic := topics(t), awssdk.String(c.outputs["Topic"])
	publish := func(text, class string) {
		t.Helper()
		_, err := client.Publish(t.Context(), &sns.PublishInput{TopicArn: topic, Message: &text, MessageAttributes: map[string]types.MessageAttributeValue{
			"class": {DataType: awssdk.String("String"), StringValue: &class},
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	whole, raw := listen(t), listen(t)
	subscribe := func(l *listener, attributes map[string]string) {
		t.Helper()
		out, err := client.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: topic, Protocol: awssdk.String("http"), Endpoint: &l.url, Attributes: attributes})
		if err != nil || awssdk.ToString(out.SubscriptionArn) != "pending confirmation" {
			t.Fatalf("%+v, %v", out, err)
		}
		until(t, "it is asked to confirm", func() bool { return len(l.all()) == 1 })
	}
	subscribe(whole, nil)
	subscribe(raw, map[string]string{"RawMessageDelivery": "true", "FilterPolicy": `{"class": ["1"]}`})
	publish(`{"answer": "too early"}`, "1")

	// One confirms by the address that it was told, the other by its token.
	asked := whole.all()[0]
	if asked.kind != "SubscriptionConfirmation" || asked.Type != asked.kind || asked.TopicArn != *topic {
		t.Errorf("asked is %+v", asked)
	}
	answer, err := http.Get(asked.SubscribeURL)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("its address answers %s", answer.Status)
	}
	confirmed, err := client.ConfirmSubscription(t.Context(), &sns.ConfirmSubscriptionInput{TopicArn: topic, Token: awssdk.String(raw.all()[0].Token)})
	if err != nil || !strings.HasPrefix(awssdk.ToString(confirmed.SubscriptionArn), *topic+":") {
		t.Fatalf("%+v, %v", confirmed, err)
	}
	if _, err := client.ConfirmSubscription(t.Context(), &sns.ConfirmSubscriptionInput{TopicArn: topic, Token: awssdk.String("wrong")}); !isA[*types.InvalidParameterException](err) {
		t.Errorf("a wrong token: %v", err)
	}

	publish(`{"answer": "zero"}`, "0")
	publish(`{"answer": "one"}`, "1")
	until(t, "both have heard", func() bool { return len(whole.all()) == 3 && len(raw.all()) == 2 })
	for _, h := range whole.all()[1:] {
		if h.kind != "Notification" || h.Type != "Notification" || h.MessageId == "" || !strings.HasPrefix(h.subscription, *topic+":") || h.MessageAttributes["class"].Value == "" {
			t.Errorf("%+v", h)
		}
	}
	if h := raw.all()[1]; h.body != `{"answer": "one"}` || h.subscription != *confirmed.SubscriptionArn {
		t.Errorf("raw: %+v", h)
	}

	if _, err := client.Unsubscribe(t.Context(), &sns.UnsubscribeInput{SubscriptionArn: confirmed.SubscriptionArn}); err != nil {
		t.Fatal(err)
	}
	list, err := client.ListSubscriptionsByTopic(t.Context(), &sns.ListSubscriptionsByTopicInput{TopicArn: topic})
	if err != nil || len(list.Subscriptions) != 2 { // the function's, and one web server's
		t.Errorf("%+v, %v", list, err)
	}
	publish(`{"answer": "last"}`, "1")
	until(t, "the last is heard", func() bool { return len(whole.all()) == 4 })
	if n := len(raw.all()); n != 2 {
		t.Errorf("a subscriber that has left hears %d", n)
	}
}

// A web server that fails is told again, and for a while only.
func TestWebServerFails(t *testing.T) {
	c := open(t, awsemu.Faults{})
	client, topic := topics(t), awssdk.String(c.outputs["Topic"])
	l := listen(t)
	if _, err := client.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: topic, Protocol: awssdk.String("http"), Endpoint: &l.url}); err != nil {
		t.Fatal(err)
	}
	until(t, "it is asked to confirm", func() bool { return len(l.all()) == 1 })
	answer, err := http.Get(l.all()[0].SubscribeURL)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	l.mu.Lock()
	l.deaf = 5
	l.mu.Unlock()
	if _, err := client.Publish(t.Context(), &sns.PublishInput{TopicArn: topic, Message: awssdk.String("{}")}); err != nil {
		t.Fatal(err)
	}
	until(t, "it hears in the end", func() bool { return len(l.all()) == 2 })
	l.mu.Lock()
	l.deaf = 1000
	l.mu.Unlock()
	if _, err := client.Publish(t.Context(), &sns.PublishInput{TopicArn: topic, Message: awssdk.String("{}")}); err != nil {
		t.Fatal(err)
	}
	until(t, "it is given up", func() bool { return c.Counts()["sns undelivered"] == 1 })
}

// TestMessagesInvoke has a topic invoke a function, once for each message
// unless some come twice.
func TestMessagesInvoke(t *testing.T) {
	c := open(t, awsemu.Faults{Double: 1})
	client, topic := topics(t), awssdk.String(c.outputs["Topic"])
	record := filepath.Join(t.TempDir(), "record")
	_, err := client.PublishBatch(t.Context(), &sns.PublishBatchInput{TopicArn: topic, PublishBatchRequestEntries: []types.PublishBatchRequestEntry{
		{Id: awssdk.String("a"), Message: awssdk.String(`{"answer": "a", "record": "` + record + `"}`)},
		{Id: awssdk.String("b"), Message: awssdk.String(`{"answer": "b", "record": "` + record + `"}`)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "each came twice", func() bool {
		said, _ := os.ReadFile(record)
		return strings.Count(string(said), "a\n") == 2 && strings.Count(string(said), "b\n") == 2
	})
}

// TestRecursionIsCut has a function wake itself through a topic, with a
// client that passes the chain on: AWS ends it, unless the function allows
// it.
func TestRecursionIsCut(t *testing.T) {
	c := open(t, awsemu.Faults{})
	topic := c.outputs["Topic"]
	again := func() {
		t.Helper()
		_, err := topics(t).Publish(t.Context(), &sns.PublishInput{TopicArn: &topic, Message: awssdk.String(`{"again": "` + topic + `"}`)})
		if err != nil {
			t.Fatal(err)
		}
	}
	again()
	until(t, "the chain is cut", func() bool { return c.stats().Cut == 1 && c.Busy() == 0 })
	before := c.stats().Invocations
	if before != 15 { // the first hop was the test's
		t.Errorf("cut after %d invocations", before)
	}
	allowed := strings.Replace(small, "ReservedConcurrentExecutions: 1", "ReservedConcurrentExecutions: 1\n      RecursiveLoop: Allow", 1)
	if _, err := c.apply(allowed, nil); err != nil {
		t.Fatal(err)
	}
	again()
	until(t, "it goes on", func() bool { return c.stats().Invocations > before+20 })
	if _, err := c.apply(small, nil); err != nil {
		t.Fatal(err)
	}
	until(t, "it is cut again", func() bool { return c.stats().Cut == 2 && c.Busy() == 0 })
}
