package zkinterop

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/internal/process"
	"orrery/nodes/zab/proto"
)

// reconfig asks for a change of the ensemble, as the administrator, until it is made: whoever leads may change on the way.
func reconfig(t testing.TB, servers []*server, joining, leaving string) {
	var last error
	process.Eventually(t, patience, func() bool {
		for _, s := range servers {
			c, err := connect(s, nil)
			if err != nil {
				last = err
				continue
			}
			_ = c.do(proto.OpAuth, &proto.AuthPacket{Scheme: "digest", Auth: []byte("super:test")}, nil)
			req := &proto.ReconfigRequest{CurConfigID: -1}
			if joining != "" {
				req.JoiningServers = &joining
			}
			if leaving != "" {
				req.LeavingServers = &leaving
			}
			last = c.do(proto.OpReconfig, req, &proto.GetDataResponse{})
			c.conn.Close()
			if last == nil || strings.Contains(members(s), "server.") && changed(members(s), joining, leaving) {
				return true
			}
		}
		return false
	}, func() string { return fmt.Sprintf("joining %q, leaving %q: %v", joining, leaving, last) })
}

func changed(text, joining, leaving string) bool {
	name, _, _ := strings.Cut(joining, "=")
	return (joining == "" || strings.Contains(text, name+"=")) && (leaving == "" || !strings.Contains(text, "server."+leaving+"="))
}

// members is what a server shows of the ensemble; "" if it does not serve.
func members(s *server) string {
	c, err := connect(s, nil)
	if err != nil {
		return ""
	}
	defer c.conn.Close()
	if c.do(proto.OpSync, &proto.SyncRequest{Path: "/"}, &proto.SyncResponse{}) != nil {
		return ""
	}
	text, _ := c.get("/zookeeper/config")
	return text
}

func agreed(t testing.TB, servers []*server, holds func(text string) bool) string {
	var all []string
	process.Eventually(t, patience, func() bool {
		all = nil
		for _, s := range servers {
			all = append(all, members(s))
			if all[0] == "" || all[len(all)-1] != all[0] || !holds(all[0]) {
				return false
			}
		}
		return true
	}, func() string { return fmt.Sprintf("they do not agree on the ensemble: %q", all) })
	return all[0]
}

// An ensemble of both kinds loses its leader by reconfiguration, and takes it back; all agree, have it in their files, and know it
// after a kill.
func TestAReconfigurationOutlivesTheServers(t *testing.T) {
	for _, kinds := range [][]kind{{ours, ours, ours}, {apache, ours, ours}, {ours, apache, apache}} {
		t.Run(fmt.Sprint(kinds), func(t *testing.T) {
			if kinds[0] == apache || kinds[1] == apache {
				needApache(t)
			}
			servers := ensemble(t, "", kinds...)
			for _, s := range servers {
				s.start()
			}
			out := leader(t, servers...)
			first := agreed(t, servers, func(text string) bool { return strings.Contains(text, "version=1") })
			var stay []*server
			for _, s := range servers {
				if s != out {
					stay = append(stay, s)
				}
			}
			var line string
			for l := range strings.SplitSeq(first, "\n") {
				if strings.HasPrefix(l, fmt.Sprintf("server.%d=", out.id)) {
					line = l
				}
			}
			reconfig(t, stay, "", fmt.Sprint(out.id))
			without := agreed(t, stay, func(text string) bool { return !strings.Contains(text, line) })
			require.NotContains(t, without, line)
			w := &writes{acked: map[string]string{}}
			for _, s := range stay {
				inFiles(t, s, without)
				w.through(t, s, 5)
				s.Kill()
				s.start()
			}
			require.Equal(t, without, agreed(t, stay, func(string) bool { return true }), "after a kill of all")
			reconfig(t, stay, line, "")
			with := agreed(t, servers, func(text string) bool { return strings.Contains(text, line) })
			for _, s := range servers {
				inFiles(t, s, with)
				w.through(t, s, 5)
			}
			w.equal(t, servers)
		})
	}
}

// inFiles says that a server's configuration on disk is the ensemble that it shows.
func inFiles(t testing.TB, s *server, text string) {
	lines, version, _ := strings.Cut(text, "\nversion=")
	var static, dynamic []byte
	want := filepath.Join(s.dir, "zoo.cfg.dynamic."+version)
	process.Eventually(t, patience, func() bool {
		static, _ = os.ReadFile(s.cfg)
		dynamic, _ = os.ReadFile(want)
		return strings.Contains(string(static), "dynamicConfigFile="+want) && strings.TrimSpace(string(dynamic)) == lines
	}, func() string {
		return fmt.Sprintf("%s %d: want %s with\n%s\nfound\n%s\nand in zoo.cfg\n%s", s.kind, s.id, want, lines, dynamic, static)
	})
	require.NotContains(t, string(static), "\nserver.")
}

// A reconfiguration that names another port for a server's clients is heard of at once.
func TestAReconfigurationMovesTheClientPort(t *testing.T) {
	servers := ensemble(t, "", ours, ours, ours)
	for _, s := range servers {
		s.start()
	}
	out := leader(t, servers...)
	first := agreed(t, servers, func(text string) bool { return strings.Contains(text, "version=1") })
	port := process.Ports(t, 1)[0]
	for l := range strings.SplitSeq(first, "\n") {
		if line, old, ok := strings.Cut(l, ";"); ok && strings.HasPrefix(l, fmt.Sprintf("server.%d=", out.id)) {
			require.NotEmpty(t, old)
			moved := *out
			moved.client = fmt.Sprintf("127.0.0.1:%d", port)
			reconfig(t, servers, line+";"+moved.client, "")
			process.Eventually(t, patience, func() bool { return moved.mode() == "leader" }, moved.mode)
			inFiles(t, &moved, agreed(t, []*server{&moved}, func(text string) bool { return strings.Contains(text, moved.client) }))
			moved.Kill()
			moved.start()
			process.Eventually(t, patience, func() bool { return moved.mode() != "" }, moved.Log().String)
			require.Empty(t, out.mode(), "at the old port nobody listens any more")
		}
	}
}
