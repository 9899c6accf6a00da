package live

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"orrery/nodes"
)

// ErrHalted is what Wait reports of a node that called Env.Halt, together with its reason.
var ErrHalted = errors.New("halted")

// PanicError is what Wait reports of a node one of whose handlers panicked.
type PanicError struct {
	Value any    // what was panicked with
	Stack string // of the panic, and of the task below it if the node runs tasks
}

// Error is one line; the stack is for the log.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Process is a node that runs. Its methods may be called from any goroutine but from inside
// the node: a handler that waits for its own process waits for ever.
type Process struct {
	cfg   Config
	log   *slog.Logger
	node  nodes.Node
	codec nodes.Codec
	dir   *dataDir
	began time.Time
	stats counters

	inbox   *inbox
	ordered atomic.Int32 // how it has been told to end
	done    chan struct{}
	err     error // why it ended; set before done is closed

	// What belongs to the loop.
	rand      *rand.Rand
	timers    timers
	local     []letter // posts, and datagrams to itself
	conns     map[uint64]*conn
	lastConn  uint64
	listeners map[int]net.Listener
	disk      *disk
	dead      bool // the node has had its last handler

	peers    *peers
	sockets  sockets
	datagram net.Listener    // nil if none come in
	ctx      context.Context // ends with all waiting for the network
	cancel   context.CancelFunc
	dialing  context.Context // ends with all dialling of peers
	hangUp   context.CancelFunc

	starting sync.Mutex     // excludes the start of a writer and the end of all starts
	closing  chan struct{}  // closed when nothing new is begun any more
	writers  sync.WaitGroup // goroutines that still send what was written
	workers  sync.WaitGroup // all others
}

// How a process is told to end.
const (
	running = iota
	stopping
	killed
)

// Start starts a process: it opens the data directory, listens for datagrams, and boots
// the node. It returns what refuses the start, the error of Boot among it, in one line.
func Start(cfg Config, node nodes.Node) (*Process, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	var dir *dataDir
	var err error
	if cfg.Bare {
		dir, err = openBare(cfg.Dir, cfg.Elsewhere)
	} else {
		dir, err = openDataDir(cfg.Dir, cfg.ID)
	}
	if err != nil {
		return nil, err
	}
	var listener net.Listener
	if cfg.Listen != "" {
		if listener, err = net.Listen("tcp", cfg.Listen); err != nil {
			dir.close()
			return nil, fmt.Errorf("live: %s cannot listen on %s: %w", cfg.ID, cfg.Listen, cause(err))
		}
	}
	p := newProcess(cfg, node, dir, listener)
	booted := make(chan error, 1)
	go p.run(booted)
	if err := <-booted; err != nil {
		<-p.done
		return nil, fmt.Errorf("live: %s does not start: %w", cfg.ID, err)
	}
	return p, nil
}

func newProcess(cfg Config, node nodes.Node, dir *dataDir, listener net.Listener) *Process {
	p := &Process{
		cfg:       cfg,
		log:       cfg.Logger,
		node:      node,
		codec:     node.Codec(),
		dir:       dir,
		inbox:     newInbox(),
		done:      make(chan struct{}),
		began:     time.Now(),
		rand:      rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())),
		timers:    newTimers(),
		conns:     map[uint64]*conn{},
		listeners: map[int]net.Listener{},
		closing:   make(chan struct{}),
		datagram:  listener,
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.dialing, p.hangUp = context.WithCancel(p.ctx)
	p.disk = newDisk(p, dir.files, dir.elsewhere)
	p.peers = newPeers(p)
	return p
}

// Run starts a process and waits for its end, or for the end of ctx, at which it
// stops the process in order. It returns nil only in the latter case.
func Run(ctx context.Context, cfg Config, node nodes.Node) error {
	p, err := Start(cfg, node)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return p.Stop()
	case <-p.Done():
		return p.Wait()
	}
}

// Stop ends the process in order: the handler that runs is finished and no other one
// begins; what was written to connections and peers is still sent, for Config.Grace
// at most; syncs under way end. It returns what Wait returns.
func (p *Process) Stop() error { return p.order(stopping) }

// Kill ends the process as SIGKILL would, as far as that can be done from within: the
// node is stopped at its next effect, and nothing more is sent.
func (p *Process) Kill() { _ = p.order(killed) }

func (p *Process) order(how int32) error {
	for {
		was := p.ordered.Load()
		if was >= how || p.ordered.CompareAndSwap(was, how) {
			break
		}
	}
	if how == killed {
		p.cancel()
		p.sockets.closeAll()
	}
	p.inbox.wake()
	return p.Wait()
}

// Wait waits for the end of the process. It returns nil if it was stopped or killed, an
// error that is ErrHalted if the node halted, and a *PanicError if it panicked.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Addr is the address at which datagrams are accepted, or "" if they are not.
func (p *Process) Addr() string {
	if p.datagram == nil {
		return ""
	}
	return p.datagram.Addr().String()
}
