package process

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Process is a program that runs beside a test. It is killed when the test ends.
type Process struct {
	t    testing.TB
	name string
	cmd  *exec.Cmd
	log  *Log
}

// Start starts cmd. Its output and errors go to a Log, unless cmd says otherwise; name is how failures call it.
func Start(t testing.TB, name string, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{t: t, name: name, cmd: cmd, log: &Log{}}
	if cmd.Stdout == nil {
		cmd.Stdout = p.log
	}
	if cmd.Stderr == nil {
		cmd.Stderr = p.log
	}
	require.NoError(t, cmd.Start())
	t.Cleanup(p.end)
	return p
}

// end makes sure that the process is gone, and leaves its log where ORRERY_LOGS says.
func (p *Process) end() {
	if p.Running() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
	if dir := os.Getenv("ORRERY_LOGS"); dir != "" {
		_ = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.log", p.name, p.cmd.Process.Pid)), []byte(p.log.String()), 0o600)
	}
}

// Level is how much a node of ours is asked to log: everything, where the logs are kept.
func Level() string {
	if os.Getenv("ORRERY_LOGS") != "" {
		return "debug"
	}
	return "info"
}

// Running says that nobody has waited for the process's end.
func (p *Process) Running() bool { return p.cmd.ProcessState == nil }

// Kill ends the process by SIGKILL. That it had ended by itself before is an error.
func (p *Process) Kill() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Kill())
	_ = p.cmd.Wait()
	status := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	require.Equal(p.t, syscall.SIGKILL, status.Signal(), "%s ended before it was killed:\n%s", p.name, p.log)
}

// Freeze stops the process by SIGSTOP, and waits until all of its threads stand still. Its connections stand; what is sent to it waits in them.
// Of what is left to do with it, the only thing is Kill.
func (p *Process) Freeze() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGSTOP))
	Eventually(p.t, time.Minute, func() bool {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", p.cmd.Process.Pid))
		for _, name := range threads {
			text, _ := os.ReadFile(name)
			_, rest, _ := strings.Cut(string(text), ") ")
			if !strings.HasPrefix(rest, "T") {
				return false
			}
		}
		return err == nil && len(threads) > 0
	}, func() string { return p.name + " does not stop" })
}

// Terminate ends the process by SIGTERM, and returns how it ended: nil is exit status 0.
func (p *Process) Terminate() error {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	return p.cmd.Wait()
}

// Stop ends a node of ours by SIGTERM: it says so, and exits with 0.
func (p *Process) Stop() {
	p.t.Helper()
	require.NoError(p.t, p.Terminate(), "%s:\n%s", p.name, p.log)
	require.Contains(p.t, p.log.String(), "msg=stopped")
}

// Log is what the process has said.
func (p *Process) Log() *Log { return p.log }

// Resident is the process's resident memory in bytes.
func (p *Process) Resident() int64 {
	p.t.Helper()
	text := p.proc("status")
	_, rest, _ := strings.Cut(text, "VmRSS:")
	kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	require.NoError(p.t, err)
	return kb << 10
}

// CPU is what the process has used of the processors.
func (p *Process) CPU() time.Duration {
	p.t.Helper()
	_, rest, _ := strings.Cut(p.proc("stat"), ") ")
	sum := time.Duration(0)
	for _, field := range strings.Fields(rest)[11:13] { // utime and stime, in hundredths of a second
		n, err := strconv.Atoi(field)
		require.NoError(p.t, err)
		sum += time.Duration(n) * 10 * time.Millisecond
	}
	return sum
}

func (p *Process) proc(file string) string {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, file))
	require.NoError(p.t, err)
	return string(text)
}

// Log is a text that is read while it is written. Of a long one the end is kept.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// logKept is how long a Log may become before its older half goes.
const logKept = 1 << 20

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.b.Len() > logKept {
		l.b.Next(l.b.Len() / 2)
	}
	return l.b.Write(p)
}

// String is all of it that is kept.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
