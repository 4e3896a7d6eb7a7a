package awsemu

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// An environment is a process that asks the Runtime API for invocations. It is
// stopped while there is none, as AWS freezes it.
type environment struct {
	f      *function
	cmd    *exec.Cmd
	server *http.Server
	log    *os.File
	work   chan *invocation
	ready  chan struct{} // it asks for the next invocation
	exited chan struct{}
	now    *invocation
	n      int // invocations so far
}

type invocation struct {
	id       string
	event    []byte
	trace    string
	deadline time.Time
	done     chan outcome
}

type outcome struct {
	body []byte
	err  error
}

// startEnvironment starts a process and waits until it asks for work.
func (a *AWS) startEnvironment(f *function) (*environment, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e := &environment{f: f, work: make(chan *invocation), ready: make(chan struct{}, 1), exited: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", e.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", e.response)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", e.response)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", func(http.ResponseWriter, *http.Request) {})
	e.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = e.server.Serve(listener) }() // until it is closed
	folder, err := os.MkdirTemp(filepath.Dir(f.program), "env-*")
	if err != nil {
		return nil, err
	}
	if e.log, err = os.Create(filepath.Join(folder, "log")); err != nil {
		return nil, err
	}
	e.cmd = exec.Command(f.program)
	e.cmd.Dir, e.cmd.Stdout, e.cmd.Stderr = folder, e.log, e.log
	e.cmd.Env = []string{
		"HOME=" + folder, "TMPDIR=" + folder, "PATH=/usr/bin:/bin",
		"AWS_LAMBDA_RUNTIME_API=" + listener.Addr().String(), "AWS_LAMBDA_FUNCTION_NAME=" + f.name,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=" + strconv.FormatInt(f.memory, 10), "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_REGION=" + Region, "AWS_ACCESS_KEY_ID=" + f.role.key, "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=token",
		"AWS_ENDPOINT_URL=" + a.URL, "AWS_EC2_METADATA_DISABLED=true",
	}
	for name, value := range f.env {
		e.cmd.Env = append(e.cmd.Env, name+"="+value)
	}
	began := time.Now()
	if err := e.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = e.cmd.Wait() // how it ended doesn't matter
		close(e.exited)
		_ = e.server.Close()
		_ = e.log.Close()
	}()
	f.mu.Lock()
	if f.all == nil {
		f.all = map[*environment]bool{}
	}
	f.all[e] = true
	f.stats.Environments++
	f.mu.Unlock()
	select {
	case <-e.ready:
		f.note(func(s *Stats) { s.InitMs += time.Since(began).Milliseconds() })
		return e, nil
	case <-e.exited:
	case <-time.After(60 * time.Second):
	}
	e.kill()
	said, _ := os.ReadFile(e.log.Name())
	return nil, fmt.Errorf("its process doesn't start: %s", said)
}

// next sends the next invocation, when there is one.
func (e *environment) next(w http.ResponseWriter, r *http.Request) {
	e.ready <- struct{}{}
	select {
	case i := <-e.work:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", i.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", e.f.arn)
		h.Set("Lambda-Runtime-Trace-Id", i.trace)
		_, _ = w.Write(i.event)
	case <-r.Context().Done():
	}
}

func (e *environment) response(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 6<<20+1))
	if len(body) > 6<<20 {
		err = errors.New("the response is larger than 6 MB")
	}
	if strings.HasSuffix(r.URL.Path, "/error") {
		err = fmt.Errorf("function %s: %s", e.f.name, body)
	}
	if i := e.now; i != nil && i.id == r.PathValue("id") {
		select {
		case i.done <- outcome{body, err}:
		default:
		}
	}
	w.WriteHeader(http.StatusAccepted)
}

// run has the process answer an event: in time, in its memory, unless a fault
// kills it.
func (e *environment) run(a *AWS, event []byte, hops int) (answer []byte, took time.Duration, err error) {
	e.n++
	began := time.Now()
	i := &invocation{
		id: fmt.Sprintf("%d-%d", e.cmd.Process.Pid, e.n), event: event, trace: traceOf(hops),
		deadline: began.Add(e.f.timeout), done: make(chan outcome, 1),
	}
	e.now = i
	_ = thaw(e.cmd.Process)
	select {
	case e.work <- i:
	case <-e.exited:
		return nil, 0, errors.New("the process is gone")
	}
	var killed <-chan time.Time
	d := a.draw("kill " + e.f.name)
	dies := d.Float64() < a.o.Faults.Kill && e.f.env["OKAZAKI_ROLE"] != "front"
	if dies {
		killed = time.After(time.Duration(d.IntN(400)) * time.Millisecond)
	}
	limit := time.After(e.f.timeout)
	for {
		select {
		case o := <-i.done:
			if dies { // after all was done, and before AWS knew
				e.kill()
				e.f.note(func(s *Stats) { s.Killed++ })
				return nil, time.Since(began), errors.New("killed")
			}
			return o.body, time.Since(began), o.err
		case <-killed:
			e.kill()
			e.f.note(func(s *Stats) { s.Killed++ })
			return nil, time.Since(began), errors.New("killed")
		case <-limit:
			e.kill()
			e.f.note(func(s *Stats) { s.TimedOut++ })
			return nil, e.f.timeout, errors.New("task timed out")
		case <-e.exited:
			if a.isClosed() {
				return nil, 0, errGone
			}
			said, _ := os.ReadFile(e.log.Name())
			a.problem("function %s: its process ended: %.2000s", e.f.name, said)
			return nil, time.Since(began), errors.New("the process exited")
		case <-time.After(25 * time.Millisecond):
			if e.resident() > e.f.memory<<20 {
				e.kill()
				e.f.note(func(s *Stats) { s.OutOfMemory++ })
				return nil, time.Since(began), errors.New("out of memory")
			}
		}
	}
}

// resident is the process's memory in bytes, without the program's own pages
// on disk.
func (e *environment) resident() int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", e.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(b))
	if len(fields) < 3 {
		return 0
	}
	all, _ := strconv.ParseInt(fields[1], 10, 64)
	shared, _ := strconv.ParseInt(fields[2], 10, 64)
	return (all - shared) * int64(os.Getpagesize())
}

// rest waits until the process asks for more, and freezes it.
func (e *environment) rest() bool {
	select {
	case <-e.ready:
		_ = freeze(e.cmd.Process)
		return true
	case <-e.exited:
	case <-time.After(time.Minute):
	}
	return false
}

func (e *environment) alive() bool {
	select {
	case <-e.exited:
		return false
	default:
		return true
	}
}

// kill ends the process, frozen or not, and waits for its end.
func (e *environment) kill() {
	_ = e.cmd.Process.Kill()
	<-e.exited
}

// logs are what the function's processes have said.
func (f *function) logs() string {
	paths, _ := filepath.Glob(filepath.Join(filepath.Dir(f.program), "env-*", "log"))
	var all strings.Builder
	for _, path := range paths {
		said, _ := os.ReadFile(path)
		all.Write(said)
	}
	return all.String()
}

// Logs are what the processes of all functions have said.
func (a *AWS) Logs() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range a.fns {
		return f.logs() // they share a folder
	}
	return ""
}
