package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orrery/live"
	"orrery/nodes"
	"orrery/nodes/paxos"
)

// kvFlags are the flags of a client of a live key-value store.
type kvFlags struct {
	servers peersFlag
	timeout time.Duration
}

// kvOps are the operations of orrery kv: what each is called, its arguments, and what they become.
var kvOps = []struct {
	use, about string
	min, max   int // arguments
	op         func(args []string) paxos.Op
}{
	{"get KEY", "the value of a key", 1, 1, func(a []string) paxos.Op {
		return paxos.Op{Kind: paxos.OpGet, Key: a[0]}
	}},
	{"put KEY VALUE", "set a key", 2, 2, func(a []string) paxos.Op {
		return paxos.Op{Kind: paxos.OpPut, Key: a[0], Value: a[1]}
	}},
	{"append KEY VALUE", "append to the value of a key", 2, 2, func(a []string) paxos.Op {
		return paxos.Op{Kind: paxos.OpAppend, Key: a[0], Value: a[1]}
	}},
	{"cas KEY EXPECT VALUE", "set a key if its value is EXPECT", 3, 3, func(a []string) paxos.Op {
		return paxos.Op{Kind: paxos.OpCAS, Key: a[0], Expect: a[1], Value: a[2]}
	}},
	{"create KEY VALUE", "set a key if there is none", 2, 2, func(a []string) paxos.Op {
		return paxos.Op{Kind: paxos.OpCreate, Key: a[0], Value: a[1]}
	}},
	{"delete KEY", "remove a key", 1, 1, func(a []string) paxos.Op {
		return paxos.Op{Kind: paxos.OpDelete, Key: a[0]}
	}},
	{"scan [FROM [TO]]", "the keys from FROM up to TO, with their values", 0, 2, func(a []string) paxos.Op {
		op := paxos.Op{Kind: paxos.OpScan}
		if len(a) > 0 {
			op.Key = a[0]
		}
		if len(a) > 1 {
			op.To = a[1]
		}
		return op
	}},
}

func (a *app) kvCommand() *cobra.Command {
	f := kvFlags{servers: peersFlag{}}
	cmd := &cobra.Command{
		Use:   "kv OPERATION",
		Short: "Use the key-value store of live replicas",
		Long: `Use the key-value store of replicas that orrery node paxos runs. The replicas are asked one
after the other until one answers; it is linearizable whichever does.

Exit status: 0 done, 1 done and the answer is no (there is no such key, or its value is
another one), 2 certainly not done, 3 nobody knows: there was no answer in time.`,
		Example: `  orrery kv put greeting hello --server n1=localhost:7001 --server n2=localhost:7002
  orrery kv get greeting --server n1=localhost:7001,n2=localhost:7002,n3=localhost:7003
  orrery kv scan --server n1=localhost:7001`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("orrery kv: want an OPERATION: %s", strings.Join(commandNames(cmd), ", "))
			}
			return unknownOperation(cmd, args[0])
		},
	}
	cmd.PersistentFlags().Var(f.servers, "server", "a replica and its address; once for each")
	cmd.PersistentFlags().DurationVar(&f.timeout, "timeout", 5*time.Second, "give up after so long")
	for _, o := range kvOps {
		cmd.AddCommand(&cobra.Command{
			Use:   o.use,
			Short: strings.ToUpper(o.about[:1]) + o.about[1:],
			Long:  strings.ToUpper(o.about[:1]) + o.about[1:] + ".\n\nExit status: see orrery kv --help.",
			Example: fmt.Sprintf("  orrery kv %s --server n1=localhost:7001 --server n2=localhost:7002",
				strings.NewReplacer("[", "", "]", "").Replace(o.use)),
			Args: func(_ *cobra.Command, args []string) error {
				if len(args) < o.min || len(args) > o.max {
					return fmt.Errorf("orrery kv: want %s", o.use)
				}
				return nil
			},
			RunE: func(cmd *cobra.Command, args []string) error { return a.kv(cmd.Context(), &f, o.op(args)) },
		})
	}
	return cmd
}

// kv carries out one operation.
func (a *app) kv(ctx context.Context, f *kvFlags, op paxos.Op) error {
	if len(f.servers) == 0 {
		return fmt.Errorf("orrery kv: want --server NAME=HOST:PORT, such as --server n1=localhost:7001")
	}
	if f.timeout <= 0 {
		return fmt.Errorf("--timeout %v: want a duration such as 5s", f.timeout)
	}
	dir, err := os.MkdirTemp("", "orrery-kv-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	servers := slices.Sorted(maps.Keys(f.servers))
	node := &oneShot{
		client: paxos.NewClient(paxos.ClientConfig{Servers: servers, Deadline: f.timeout}),
		op:     op, result: make(chan paxos.Result, 1),
	}
	process, err := live.Start(live.Config{
		ID: nodes.ID(fmt.Sprintf("kv-%08x", rand.Uint32())), Dir: dir, Peers: f.servers,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}, node)
	if err != nil {
		return err
	}
	defer process.Kill()
	select {
	case <-ctx.Done():
		return ended(exitUnknown)
	case r := <-node.result:
		return a.kvAnswer(r)
	}
}

// kvAnswer prints what was answered.
func (a *app) kvAnswer(r paxos.Result) error {
	if r.Outcome != paxos.OutcomeOK {
		code, what := exitUnable, "was not carried out"
		if r.Outcome == paxos.OutcomeMaybe {
			code, what = exitUnknown, "may or may not be carried out"
		}
		fmt.Fprintf(a.err, "orrery: the %s %s: %s\n", r.Op.Kind, what, r.Why)
		return ended(code)
	}
	err := toConsole(a.out, func(w *bytes.Buffer) {
		switch {
		case r.Op.Kind == paxos.OpGet && r.Answer.Done:
			fmt.Fprintln(w, r.Answer.Value)
		case r.Op.Kind == paxos.OpScan:
			for _, p := range r.Answer.Pairs {
				fmt.Fprintf(w, "%s\t%s\n", p.Key, p.Value)
			}
		}
	})
	if err != nil {
		return err
	}
	if !r.Answer.Done {
		return ended(exitViolated)
	}
	return nil
}

// oneShot is a node that carries out one operation.
type oneShot struct {
	client *paxos.Client
	op     paxos.Op
	result chan paxos.Result
}

// Codec implements nodes.Node.
func (n *oneShot) Codec() nodes.Codec { return paxos.NewCodec() }

// Boot implements nodes.Node.
func (n *oneShot) Boot(env nodes.Env) error {
	n.client.Start(env, n.op)
	return nil
}

// Deliver implements nodes.Node.
func (n *oneShot) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	n.tell(n.client.Deliver(env, from, m))
}

// Fire implements nodes.Node.
func (n *oneShot) Fire(env nodes.Env, tag nodes.Tag) { n.tell(n.client.Fire(env, tag)) }

// Synced implements nodes.Node.
func (n *oneShot) Synced(nodes.Env, nodes.Tag, error) {}

func (n *oneShot) tell(r paxos.Result, done bool) {
	if done {
		n.result <- r
	}
}
