package zab

import (
	"fmt"
	"strings"

	"orrery/nodes"
	"orrery/nodes/zab/config"
)

// sayMonitor is mntr: figures for machines, a key and a value each.
func (s *Server) sayMonitor(env nodes.Env, w *strings.Builder) {
	line := func(key string, value any) { fmt.Fprintf(w, "zk_%s\t%v\n", key, value) }
	l := &s.traffic.latency
	line("version", version)
	line("server_state", s.mode())
	line("ephemerals_count", s.db.tree.EphemeralCount())
	line("min_latency", l.min)
	line("avg_latency", l.mean())
	line("max_latency", l.max)
	line("packets_received", s.traffic.received)
	line("packets_sent", s.traffic.sent)
	line("num_alive_connections", len(s.clients.order))
	line("outstanding_requests", s.clients.inProcess)
	line("znode_count", s.db.tree.Len())
	line("watch_count", s.db.tree.WatchCount())
	line("approximate_data_size", s.db.tree.DataSize())
	line("global_sessions", len(s.db.tree.Sessions()))
	line("connection_rejected", s.life.Refused)
	line("uptime", env.Monotonic().Milliseconds())
	if s.leader != nil {
		followers, observers := s.leader.synced()
		line("learners", len(s.leader.handlers))
		line("synced_followers", followers)
		line("synced_observers", observers)
	}
	if s.zoo.Distributed() {
		line("looking_count", s.life.Elections)
		line("peer_state", s.peerState())
	}
}

// peerState is what mntr calls the phase and the role.
func (s *Server) peerState() string {
	role := strings.ToLower(s.state.String())
	return role + " - " + strings.ToLower(s.zab.String())
}

// synced counts the learners that are up to date.
func (l *leader) synced() (followers, observers int) {
	for _, h := range l.handlers {
		switch {
		case h.phase < handlerTaken:
		case l.s.quorum.IsVoter(h.id):
			followers++
		default:
			observers++
		}
	}
	return followers, observers
}

// sayConf is conf: what the server was told, in the words of its configuration (ZooKeeperServerConf).
func (s *Server) sayConf(env nodes.Env, w *strings.Builder) {
	z := s.zoo
	snapshots, logs := s.diskSizes(env)
	fmt.Fprintf(w, "clientPort=%d\nsecureClientPort=-1\ndataDir=%s/version-2\ndataDirSize=%d\ndataLogDir=%s/version-2\ndataLogSize=%d\n",
		z.ClientPort, z.DataDir, snapshots, z.DataLogDir, logs)
	fmt.Fprintf(w, "tickTime=%d\nmaxClientCnxns=%d\nminSessionTimeout=%d\nmaxSessionTimeout=%d\nclientPortListenBacklog=-1\nserverId=%d\n",
		z.TickTime.Milliseconds(), z.MaxClientConns, z.MinSession.Milliseconds(), z.MaxSession.Milliseconds(), s.id)
	if s.quorum == nil {
		return
	}
	me, _ := s.quorum.Member(s.id)
	fmt.Fprintf(w, "initLimit=%d\nsyncLimit=%d\nelectionAlg=3\nelectionPort=%d\nquorumPort=%d\npeerType=%d\nmembership: \n%s",
		z.InitLimit, z.SyncLimit, portOf(me.Election), portOf(me.Quorum), me.Role, s.quorum.String())
}

func portOf(a []config.Address) int {
	if len(a) == 0 {
		return 0
	}
	return a[0].Port
}

// sayDirs is dirs: how much disk the server takes, in bytes.
func (s *Server) sayDirs(env nodes.Env, w *strings.Builder) {
	snapshots, logs := s.diskSizes(env)
	fmt.Fprintf(w, "datadir_size: %d\nlogdir_size: %d\n", snapshots, logs)
}

// diskSizes is how much the server's files take, in bytes: the log, and all else.
func (s *Server) diskSizes(env nodes.Env) (snapshots, logs int64) {
	names, err := env.Disk().List("version-2")
	if err != nil {
		return 0, 0
	}
	for _, name := range names {
		size, err := env.Disk().Size(name)
		switch {
		case err != nil: // it has just been purged
		case strings.HasPrefix(name, "version-2/log."):
			logs += size
		default:
			snapshots += size
		}
	}
	return snapshots, logs
}

// sayDump is dump: sessions, and the ephemeral znodes that are theirs.
func (s *Server) sayDump(_ nodes.Env, w *strings.Builder) {
	tree := s.db.tree
	w.WriteString("SessionTracker dump:\n")
	if s.pipe.leaderSessions != nil {
		sessions := tree.Sessions()
		fmt.Fprintf(w, "Global Sessions(%d):\n", len(sessions))
		for _, e := range sessions {
			fmt.Fprintf(w, "0x%x\t%dms\n", uint64(e.SessionID), e.TimeOut)
		}
	}
	owners := tree.EphemeralOwners()
	fmt.Fprintf(w, "ephemeral nodes dump:\nSessions with Ephemerals (%d):\n", len(owners))
	for _, id := range owners {
		fmt.Fprintf(w, "0x%x:\n", uint64(id))
		for _, path := range tree.Ephemerals(id) {
			fmt.Fprintf(w, "\t%s\n", path)
		}
	}
	fmt.Fprintf(w, "Connections dump:\nConnections Sets (%d):\n", len(s.clients.order))
	for _, k := range s.clients.order {
		k.describe(w, true)
	}
}

func (s *Server) sayWatchSummary(_ nodes.Env, w *strings.Builder) {
	x := s.db.tree.WatchSummary()
	fmt.Fprintf(w, "%d connections watching %d paths\nTotal watches:%d\n", x.Conns, x.Paths, x.Watches)
}

func (s *Server) sayWatchesBySession(_ nodes.Env, w *strings.Builder) {
	for _, k := range s.clients.order {
		paths := s.db.tree.WatchedBy(k.conn.N)
		if len(paths) == 0 {
			continue
		}
		fmt.Fprintf(w, "0x%x\n", uint64(k.session))
		for _, path := range paths {
			fmt.Fprintf(w, "\t%s\n", path)
		}
	}
	w.WriteString("\n")
}

func (s *Server) sayWatchesByPath(_ nodes.Env, w *strings.Builder) {
	for _, path := range s.db.tree.WatchedPaths() {
		fmt.Fprintf(w, "%s\n", path)
		for _, conn := range s.db.tree.Watchers(path) {
			if k := s.clients.byNumber[conn]; k != nil {
				fmt.Fprintf(w, "\t0x%x\n", uint64(k.session))
			}
		}
	}
	w.WriteString("\n")
}
