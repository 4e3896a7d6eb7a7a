package dynamotest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Reference runs tests of this binary, named as go test's -run has them, once
// more against DynamoDB Local. That server listens on every interface, so both
// are in a network of their own that has nothing but a loopback, and all
// processes in it end with the first. The test is skipped where the server, or
// what it needs, isn't there.
func Reference(t *testing.T, run string) {
	t.Helper()
	jar, ok := find(t, "amplify-dynamodb-simulator", "emulator", "DynamoDBLocal.jar")
	if !ok {
		t.Skip("to run it: npm install --prefix tools/npm, which brings DynamoDB Local")
	}
	for _, program := range []string{"java", "unshare", "ip"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("to run it: install %s, which DynamoDB Local needs: %v", program, err)
		}
	}
	isolated := []string{"--net", "--pid", "--fork", "--kill-child"}
	if err := exec.Command("unshare", append(isolated, "true")...).Run(); err != nil {
		t.Skipf("to run it: be root, because a network is made for DynamoDB Local: %v", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const script = `ip link set lo up || exit
		java -Xmx512m -Djava.library.path="$1/DynamoDBLocal_lib" -jar "$1/DynamoDBLocal.jar" -inMemory -disableTelemetry -port 8000 >"$2" 2>&1 &
		shift 2
		"$@"`
	dir := t.TempDir() // the server leaves a file of its own where it is started
	log := filepath.Join(dir, "log")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := exec.CommandContext(ctx, "unshare", append(isolated, "sh", "-c", script, "sh", filepath.Dir(jar), log,
		self, "-test.run", run, "-test.v", "-test.timeout", "3m")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "OKAZAKI_DYNAMODB=http://127.0.0.1:8000")
	said, err := cmd.CombinedOutput()
	if err != nil {
		server, _ := os.ReadFile(log)
		t.Fatalf("%v\n%s\n%s", err, said, server)
	}
	t.Logf("%s", said)
}
