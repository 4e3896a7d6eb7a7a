package awsemu

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// A schedule invokes a function every so often.
type schedule struct {
	end    time.Time
	target string
	role   string
	input  string
	stop   chan struct{}
}

// Schedules is how many schedules there are.
func (a *AWS) Schedules() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.plans)
}

func (a *AWS) serveScheduler(w http.ResponseWriter, c *call) {
	name := strings.TrimPrefix(c.URL.Path, "/schedules/")
	var body struct {
		GroupName          string
		ScheduleExpression string
		EndDate            float64
		Target             struct{ Arn, RoleArn, Input string }
	}
	if len(c.body) > 0 {
		if err := json.Unmarshal(c.body, &body); err != nil {
			jsonError(w, http.StatusBadRequest, "ValidationException", err.Error())
			return
		}
	}
	if body.GroupName == "" {
		body.GroupName = c.URL.Query().Get("groupName")
	}
	action := map[string]string{http.MethodPost: "scheduler:CreateSchedule", http.MethodDelete: "scheduler:DeleteSchedule"}[c.Method]
	arn := "arn:aws:scheduler:" + Region + ":" + Account + ":schedule/" + body.GroupName + "/" + name
	if !a.may(c, action, arn, nil) || c.Method == http.MethodPost && !a.may(c, "iam:PassRole", body.Target.RoleArn, nil) {
		jsonError(w, http.StatusForbidden, "AccessDeniedException", "not authorized")
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	old := a.plans[arn]
	switch {
	case !a.groups[body.GroupName]:
		a.problems = append(a.problems, "there is no group of schedules "+body.GroupName)
		jsonError(w, http.StatusNotFound, "ResourceNotFoundException", "no such group")
	case c.Method == http.MethodDelete && old == nil:
		jsonError(w, http.StatusNotFound, "ResourceNotFoundException", "no such schedule")
	case c.Method == http.MethodDelete:
		close(old.stop)
		delete(a.plans, arn)
		_, _ = w.Write([]byte("{}"))
	case old != nil:
		jsonError(w, http.StatusConflict, "ConflictException", "the schedule exists")
	case body.ScheduleExpression != "rate(1 minute)":
		jsonError(w, http.StatusBadRequest, "ValidationException", "awsemu knows rate(1 minute) only")
	default:
		s := &schedule{
			end: time.UnixMilli(int64(body.EndDate * 1000)), target: body.Target.Arn,
			role: body.Target.RoleArn, input: body.Target.Input, stop: make(chan struct{}),
		}
		a.plans[arn] = s
		a.wg.Go(func() { a.run(arn, s) })
		_, _ = w.Write([]byte(`{"ScheduleArn":"` + arn + `"}`))
	}
}

// run invokes a schedule's target each minute, until its end.
func (a *AWS) run(arn string, s *schedule) {
	for time.Now().Before(s.end) {
		select {
		case <-time.After(a.o.Minute):
		case <-s.stop:
			return
		case <-a.closed:
			return
		}
		a.count("scheduler invocation", 1)
		a.mu.Lock()
		role := a.roles[s.role]
		a.mu.Unlock()
		if role == nil || !role.trusts["scheduler.amazonaws.com"] || !role.allows("lambda:InvokeFunction", s.target) {
			a.problem("the schedule %s may not invoke %s as %s", arn, s.target, s.role)
			return
		}
		a.wg.Go(func() { a.invokeAsync(s.target, "", "", []byte(s.input), 0) })
	}
	a.mu.Lock()
	delete(a.plans, arn)
	a.mu.Unlock()
}
