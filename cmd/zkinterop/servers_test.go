package zkinterop

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/internal/process"
)

// kind is whose server it is.
type kind string

const (
	ours   kind = "orrery"
	apache kind = "apache"
)

// server is a ZooKeeper server in a process of its own.
type server struct {
	t      testing.TB
	kind   kind
	id     int
	dir    string
	cfg    string
	client string // the address of its client port
	props  []string
	level  string // of its log, if it is ours and this is not what process.Level says
	*process.Process
}

func TestMain(m *testing.M) { os.Exit(process.Run(m)) }

// jars are what Apache's server needs of Debian's packages.
var jars = []string{"zookeeper", "zookeeper-jute", "netty-all", "metrics-core", "snappy-java", "slf4j-api", "slf4j-simple",
	"commons-cli", "commons-io", "guava", "findbugs-annotations", "log4j-1.2", "jackson-core", "jackson-databind",
	"jackson-annotations", "jetty9-server", "jetty9-servlet", "jetty9-util", "jetty9-io", "jetty9-http", "jetty9-security"}

// needApache skips a test where Apache's server is not installed.
func needApache(t testing.TB) {
	if _, err := exec.LookPath("java"); err != nil {
		t.Skip("there is no java: apt-get install --no-install-recommends zookeeper")
	}
	if _, err := os.Stat("/usr/share/java/zookeeper.jar"); err != nil {
		t.Skip("Apache ZooKeeper is not installed: apt-get install --no-install-recommends zookeeper")
	}
}

// alone makes a server that stands alone.
func alone(t testing.TB, k kind, extra string) *server {
	port := process.Ports(t, 1)[0]
	s := &server{t: t, kind: k, dir: t.TempDir(), client: fmt.Sprintf("127.0.0.1:%d", port)}
	s.configure(extra + fmt.Sprintf("clientPort=%d\nclientPortAddress=127.0.0.1\n", port))
	return s
}

// ensemble makes servers that are each other's members.
func ensemble(t testing.TB, extra string, kinds ...kind) []*server {
	var servers []*server
	var members strings.Builder
	for i, k := range kinds {
		ports := process.Ports(t, 3)
		s := &server{t: t, kind: k, id: i + 1, dir: t.TempDir(), client: fmt.Sprintf("127.0.0.1:%d", ports[0])}
		fmt.Fprintf(&members, "server.%d=127.0.0.1:%d:%d:participant;127.0.0.1:%d\n", s.id, ports[1], ports[2], ports[0])
		servers = append(servers, s)
	}
	for _, s := range servers {
		require.NoError(t, os.WriteFile(filepath.Join(s.dir, "myid"), fmt.Appendf(nil, "%d\n", s.id), 0o600))
		s.configure(extra + "standaloneEnabled=false\ninitLimit=150\nsyncLimit=75\n" + members.String())
	}
	return servers
}

func (s *server) configure(text string) {
	s.cfg = filepath.Join(s.dir, "zoo.cfg")
	text = "tickTime=200\nadmin.enableServer=false\nreconfigEnabled=true\n4lw.commands.whitelist=*\nmaxClientCnxns=0\ndataDir=" + s.dir + "\n" + text
	require.NoError(s.t, os.WriteFile(s.cfg, []byte(text), 0o600))
	s.props = []string{"-Dzookeeper.extendedTypesEnabled=true", "-Dzookeeper.4lw.commands.whitelist=*",
		"-Dzookeeper.DigestAuthenticationProvider.superDigest=super:D/InIHSb7yEEbrWz8b9l71RjZJU="}
}

// start starts the process.
func (s *server) start() {
	s.Process = process.Start(s.t, fmt.Sprintf("%s-%d", s.kind, s.id), s.command())
}

func (s *server) command() *exec.Cmd {
	if s.kind == apache {
		var paths []string
		for _, j := range jars {
			paths = append(paths, "/usr/share/java/"+j+".jar")
		}
		args := append([]string{"-Xmx256m"}, s.props...) // a later -Xmx counts
		args = append(args, "-cp", strings.Join(paths, ":"), "org.apache.zookeeper.server.quorum.QuorumPeerMain", s.cfg)
		return exec.Command("java", args...)
	}
	path, err := process.Orrery()
	require.NoError(s.t, err)
	cmd := exec.Command(path, "node", "zookeeper", s.cfg, "--log", cmp.Or(s.level, process.Level()))
	cmd.Env = append(os.Environ(), "SERVER_JVMFLAGS="+strings.Join(s.props, " "))
	return cmd
}

// stop ends a server by SIGTERM. One of ours says so, and exits with 0.
func (s *server) stop() {
	if s.kind == ours {
		s.Stop()
		return
	}
	_ = s.Terminate()
}

// word says a four-letter word.
func (s *server) word(name string) string {
	c, err := net.DialTimeout("tcp", s.client, time.Second)
	if err != nil {
		return ""
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := c.Write([]byte(name)); err != nil {
		return ""
	}
	answer, _ := io.ReadAll(c)
	return string(answer)
}

// mode is what srvr calls the server's role; "" if it does not serve.
func (s *server) mode() string {
	_, rest, _ := strings.Cut(s.word("srvr"), "Mode: ")
	mode, _, _ := strings.Cut(rest, "\n")
	return mode
}

// leader is the one that leads, once all that are named serve.
func leader(t testing.TB, servers ...*server) *server {
	var lead *server
	process.Eventually(t, patience, func() bool {
		lead = nil
		for _, s := range servers {
			switch s.mode() {
			case "":
				return false
			case "leader", "standalone":
				lead = s
			}
		}
		return lead != nil
	}, func() string {
		text := "they do not serve:\n"
		for _, s := range servers {
			text += fmt.Sprintf("%s %d is %q\n", s.kind, s.id, s.mode())
			if log := s.Log().String(); s.mode() == "" {
				text += log[max(0, len(log)-4000):] + "\n"
			}
		}
		return text
	})
	return lead
}

// patience is how long whatever must come about may take. It says nothing of how fast a server is: machines that are busy with other things
// need a multiple of what they need otherwise.
const patience = 3 * time.Minute
