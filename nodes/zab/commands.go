package zab

import (
	"fmt"
	"strings"

	"orrery/nodes"
)

// version is what servers say they are. Clients' own suites read it in the form that 3.5 gave it.
const version = "3.5.6-orrery, built on 10/08/2019 20:18 GMT"

// notServing is the answer of a server that has no state to tell of.
const notServing = "This ZooKeeper instance is not currently serving requests\n"

// word is a four-letter word, which an administrator says instead of a first frame.
type word struct {
	serving bool // it is answered only while the server serves
	answer  func(s *Server, env nodes.Env, w *strings.Builder)
}

// words are those that are known (FourLetterCommands).
func words(name string) (word, bool) {
	switch name {
	case "ruok":
		return word{false, (*Server).sayOK}, true
	case "isro":
		return word{false, (*Server).sayReadOnly}, true
	case "envi":
		return word{false, (*Server).sayEnvironment}, true
	case "srvr":
		return word{true, (*Server).sayServer}, true
	case "stat":
		return word{true, (*Server).sayStat}, true
	case "mntr":
		return word{true, (*Server).sayMonitor}, true
	case "cons":
		return word{true, (*Server).sayConnections}, true
	case "conf":
		return word{true, (*Server).sayConf}, true
	case "dump":
		return word{true, (*Server).sayDump}, true
	case "wchs":
		return word{true, (*Server).sayWatchSummary}, true
	case "wchc":
		return word{true, (*Server).sayWatchesBySession}, true
	case "wchp":
		return word{true, (*Server).sayWatchesByPath}, true
	case "dirs":
		return word{true, (*Server).sayDirs}, true
	case "crst":
		return word{true, (*Server).resetConnections}, true
	case "srst":
		return word{true, (*Server).resetServer}, true
	}
	return word{}, false
}

// command answers a four-letter word. It tells whether it was one.
func (s *Server) command(env nodes.Env, k *client) bool {
	name := string(k.in[:4])
	c, ok := words(name)
	if !ok {
		return false
	}
	k.received++
	s.traffic.received++
	k.commanding = true
	var w strings.Builder
	switch {
	case !s.zoo.Whitelisted(name):
		fmt.Fprintf(&w, "%s is not executed because it is not in the whitelist.\n", name)
	case c.serving && s.pipe == nil:
		w.WriteString(notServing)
	default:
		c.answer(s, env, &w)
	}
	_ = env.Write(k.conn, []byte(w.String()))
	s.hangUp(env, k)
	return true
}

func (s *Server) sayOK(_ nodes.Env, w *strings.Builder) { w.WriteString("imok") }

func (s *Server) sayReadOnly(_ nodes.Env, w *strings.Builder) {
	switch {
	case s.pipe == nil:
		w.WriteString("null")
		return
	case s.readOnly:
		w.WriteString("ro")
		return
	}
	w.WriteString("rw")
}

func (s *Server) sayEnvironment(_ nodes.Env, w *strings.Builder) {
	fmt.Fprintf(w, "Environment:\nzookeeper.version=%s\n", version)
	for _, line := range s.cfg.Environment {
		w.WriteString(line + "\n")
	}
}

func (s *Server) sayServer(_ nodes.Env, w *strings.Builder) {
	s.sayVersion(w)
	s.sayStats(w)
}

func (s *Server) sayStat(_ nodes.Env, w *strings.Builder) {
	s.sayVersion(w)
	w.WriteString("Clients:\n")
	for _, k := range s.clients.order {
		k.describe(w, true)
	}
	w.WriteString("\n")
	s.sayStats(w)
}

func (s *Server) sayVersion(w *strings.Builder) {
	fmt.Fprintf(w, "Zookeeper version: %s\n", version)
	if s.readOnly {
		w.WriteString("READ-ONLY mode; serving only read-only clients\n")
	}
}

// mode is what the server calls its role.
func (s *Server) mode() string {
	if s.readOnly {
		return "read-only"
	}
	return s.role()
}

// sayStats is ServerStats.toString, and what srvr and stat say behind it.
func (s *Server) sayStats(w *strings.Builder) {
	l := &s.traffic.latency
	fmt.Fprintf(w, "Latency min/avg/max: %d/%s/%d\nReceived: %d\nSent: %d\nConnections: %d\nOutstanding: %d\nZxid: 0x%x\nMode: %s\nNode count: %d\n",
		l.min, l.mean(), l.max, s.traffic.received, s.traffic.sent, len(s.clients.order), s.clients.inProcess,
		uint64(s.db.tree.Zxid()), s.mode(), s.db.tree.Len())
}

func (s *Server) sayConnections(_ nodes.Env, w *strings.Builder) {
	for _, k := range s.clients.order {
		k.describe(w, false)
	}
	w.WriteString("\n")
}

// describe is ServerCnxn.dumpConnectionInfo.
func (k *client) describe(w *strings.Builder, brief bool) {
	interest := 1 // that the socket is read
	if k.commanding {
		interest = 0
	}
	fmt.Fprintf(w, " /%s[%d](queued=%d,recved=%d,sent=%d", k.peer, interest, len(k.queued), k.received, k.sent)
	if !brief && k.session != 0 {
		fmt.Fprintf(w, ",sid=0x%x,lop=%s,est=%d,to=%d", uint64(k.session), k.lastOp, k.since.UnixMilli(), k.timeout.Milliseconds())
		if k.lastXid >= 0 {
			fmt.Fprintf(w, ",lcxid=0x%x", k.lastXid)
		}
		fmt.Fprintf(w, ",lzxid=0x%x,lresp=%d,llat=%d,minlat=%d,avglat=%d,maxlat=%d", uint64(k.lastZxid), k.lastResponse,
			k.latency.last, k.latency.min, k.latency.total/max(k.latency.count, 1), k.latency.max)
	}
	w.WriteString(")\n")
}

func (s *Server) resetConnections(_ nodes.Env, w *strings.Builder) {
	for _, k := range s.clients.order {
		k.received, k.sent, k.latency, k.lastOp = 0, 0, latencies{}, "NA"
	}
	w.WriteString("Connection stats reset.\n")
}

func (s *Server) resetServer(_ nodes.Env, w *strings.Builder) {
	s.traffic = traffic{}
	w.WriteString("Server stats reset.\n")
}
