package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"orrery/live"
	"orrery/nodes"
	"orrery/nodes/paxos"
	"orrery/scenarios"
)

// nodeFlags are the flags of a live node.
type nodeFlags struct {
	id, dir, listen string
	peers           peersFlag
	level           string
	cluster         string
	rejoin          bool
	lease           time.Duration
}

func (a *app) nodeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "node PROTOCOL",
		Short: "Run a node as a real process, on TCP and files",
		Long: `Run a node as a real process: the same code that the universes try, on TCP, files and the
clocks of this computer. PROTOCOL is paxos, zookeeper or kafka.`,
		Example: `  orrery node paxos --id n1 --dir /var/lib/orrery/n1 --listen :7001 \
      --peer n2=10.0.0.2:7001 --peer n3=10.0.0.3:7001`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("orrery node: want a PROTOCOL: %s", strings.Join(commandNames(cmd), ", "))
			}
			return scenarios.Unknown("protocol", args[0], commandNames(cmd))
		},
	}
	cmd.AddCommand(a.nodePaxosCommand(), a.nodeZooKeeperCommand(), a.nodeKafkaCommand())
	return cmd
}

func (a *app) nodePaxosCommand() *cobra.Command {
	f := nodeFlags{peers: peersFlag{}}
	cmd := &cobra.Command{
		Use:   "paxos --id ID --dir DIR --listen ADDRESS --peer ID=ADDRESS …",
		Short: "Run a replica of Multi-Paxos with a key-value store",
		Long: `Run a replica of Multi-Paxos with a key-value store as a real process. The members of the
cluster are the replica itself and its peers, and must be the same on all of them. Talk to them
with orrery kv.

The data directory belongs to one replica for good, and to one process at a time. SIGTERM and
Ctrl-C stop the replica in order; it may be killed at any moment, and loses nothing that it
has told anybody. What happens to it is logged on standard error.

Exit status: 0 it was stopped, 1 it had to stop (its disk failed, or it panicked), 2 it could
not start.`,
		Example: `  orrery node paxos --id n1 --dir data/n1 --listen localhost:7001 \
      --peer n2=localhost:7002 --peer n3=localhost:7003
  orrery node paxos --id n1 --dir data/n1 --listen localhost:7001`,
		Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.nodePaxos(cmd.Context(), &f) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.id, "id", "", "the replica's `NAME`, the same after every restart")
	flags.StringVar(&f.dir, "dir", "", "its data directory, `DIR`; it is made if there is none")
	flags.StringVar(&f.listen, "listen", "", "the `ADDRESS`, host:port, at which it listens")
	flags.Var(f.peers, "peer", "another member and its address; once for each")
	flags.StringVar(&f.cluster, "cluster", "orrery", "the cluster's `NAME`; the disk of another one is refused")
	flags.BoolVar(&f.rejoin, "rejoin", false, "this replica has been a member before: refuse to start if its disk is empty")
	flags.DurationVar(&f.lease, "lease", 0, "let a leader answer reads by itself for so long; counts on clocks, and must be the same on all (default: no leases)")
	flags.StringVar(&f.level, "log", "info", "log from this `LEVEL` on: debug, info, warn or error")
	return cmd
}

// peersFlag are the addresses of machines.
type peersFlag map[nodes.ID]string

// String lists the machines with their addresses.
func (p peersFlag) String() string {
	var parts []string
	for _, id := range slices.Sorted(maps.Keys(p)) {
		parts = append(parts, string(id)+"="+p[id])
	}
	return strings.Join(parts, ",")
}

// Set adds one machine, or several with commas between.
func (p peersFlag) Set(s string) error {
	for one := range strings.SplitSeq(s, ",") {
		id, address, ok := strings.Cut(one, "=")
		if !ok || id == "" || address == "" {
			return fmt.Errorf("want NAME=HOST:PORT, such as n2=localhost:7002, not %q", one)
		}
		if _, twice := p[nodes.ID(id)]; twice {
			return fmt.Errorf("%s is named twice", id)
		}
		p[nodes.ID(id)] = address
	}
	return nil
}

// Type is how the help calls the value.
func (p peersFlag) Type() string { return "NAME=HOST:PORT" }

func (a *app) nodePaxos(ctx context.Context, f *nodeFlags) error {
	for _, needed := range []struct{ flag, value, example string }{
		{"id", f.id, "n1"}, {"dir", f.dir, "data/n1"}, {"listen", f.listen, "localhost:7001"},
	} {
		if needed.value == "" {
			return fmt.Errorf("orrery node paxos: want --%s, such as --%s %s", needed.flag, needed.flag, needed.example)
		}
	}
	if at, self := f.peers[nodes.ID(f.id)]; self && at != f.listen {
		return fmt.Errorf("--peer %s=%s names this replica itself: want its address in --listen", f.id, at)
	}
	log := &heldLog{w: a.err}
	logger, err := newLogger(log, f.level)
	if err != nil {
		return err
	}
	peers := maps.Clone(f.peers)
	delete(peers, nodes.ID(f.id))
	config := paxos.Config{
		Self: nodes.ID(f.id), Members: append(slices.Sorted(maps.Keys(peers)), nodes.ID(f.id)),
		Cluster: f.cluster, Rejoin: f.rejoin, Lease: f.lease,
	}
	if err := config.Validate(); err != nil {
		return err
	}
	process, err := live.Start(live.Config{
		ID: config.Self, Dir: f.dir, Listen: f.listen, Peers: peers, Logger: logger,
	}, paxos.New(config))
	if err != nil {
		return err
	}
	log.release()
	logger.Info("ready", "node", f.id, "address", process.Addr(), "dir", f.dir, "members", len(config.Members))
	select {
	case <-ctx.Done():
		logger.Info("stopping", "node", f.id)
		err = process.Stop()
	case <-process.Done():
		err = process.Wait()
	}
	if err != nil {
		fmt.Fprintln(a.err, "orrery:", oneLine(err.Error()))
		return ended(exitViolated)
	}
	logger.Info("stopped", "node", f.id)
	return nil
}

// heldLog holds what is logged until the node has started: if it does not, one line says why, and
// the rest is of no interest.
type heldLog struct {
	w        io.Writer
	mu       sync.Mutex
	held     []byte
	released bool
}

// Write implements io.Writer.
func (l *heldLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.released {
		return l.w.Write(p)
	}
	l.held = append(l.held, p...)
	return len(p), nil
}

// release writes what was held, and holds nothing any more.
func (l *heldLog) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.w.Write(l.held)
	l.held, l.released = nil, true
}

// newLogger logs to w, from the named level on.
func newLogger(w io.Writer, level string) (*slog.Logger, error) {
	var l slog.Level
	names := []string{"debug", "info", "warn", "error"}
	if !slices.Contains(names, level) {
		return nil, scenarios.Unknown("level of --log", level, names)
	}
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, err
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l})), nil
}
