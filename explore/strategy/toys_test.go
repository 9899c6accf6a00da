package strategy_test

import (
	"fmt"
	"slices"
	"time"

	"orrery/checker"
	"orrery/explore/strategy"
	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/sim"
)

// text is the only message of the toys.
type text struct{ S string }

func (text) Kind() string { return "text" }

var textCodec = nodes.JSONCodec(text{})

// toy is a node made of functions; nil ones do nothing.
type toy struct {
	boot    func(env nodes.Env) error
	deliver func(env nodes.Env, from nodes.ID, s string)
	fire    func(env nodes.Env, tag nodes.Tag)
	synced  func(env nodes.Env, tag nodes.Tag)
}

func (t *toy) Codec() nodes.Codec { return textCodec }

func (t *toy) Boot(env nodes.Env) error {
	if t.boot == nil {
		return nil
	}
	return t.boot(env)
}

func (t *toy) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	if t.deliver != nil {
		t.deliver(env, from, m.(text).S)
	}
}

func (t *toy) Fire(env nodes.Env, tag nodes.Tag) {
	if t.fire != nil {
		t.fire(env, tag)
	}
}

func (t *toy) Synced(env nodes.Env, tag nodes.Tag, err error) {
	if t.synced != nil && err == nil {
		t.synced(env, tag)
	}
}

// work is a workload that is over at a time.
type work struct {
	w       *trial.World
	until   time.Duration
	stopped bool
}

func (l *work) Done() bool             { return l.stopped || l.w.U.Now() >= l.until }
func (l *work) Stop()                  { l.stopped = true }
func (l *work) Probe([]nodes.ID)       {}
func (l *work) Probed() (bool, string) { return true, "" }

// starving is a world in which a message of one hop must come later than a conversation of many:
// a and b talk, c tells e something that e tells d, and it is a violation if d hears of the end of the talk
// first. Nothing but the order of the events decides it.
func starving(length int) func(w *trial.World) error {
	return func(w *trial.World) error {
		w.Workload = &work{w: w, until: 200 * time.Millisecond}
		w.U.Tune(func(c *sim.Config) { c.Net.Delay.Min = time.Millisecond })
		talk := func(other nodes.ID) *toy {
			return &toy{deliver: func(env nodes.Env, _ nodes.ID, s string) {
				if len(s) == length {
					env.Send("d", text{"over"})
					return
				}
				env.Send(other, text{s + "."})
			}}
		}
		begin := func(t *toy, to nodes.ID, what string) *toy { // as soon as everybody is there
			t.boot = func(env nodes.Env) error { env.SetTimer(nodes.Tag{Name: "begin"}, 10*time.Millisecond); return nil }
			t.fire = func(env nodes.Env, tag nodes.Tag) {
				for _, m := range w.U.Machines() {
					if !m.Up() {
						env.SetTimer(tag, 10*time.Millisecond)
						return
					}
				}
				env.Send(to, text{what})
			}
			return t
		}
		w.AddServer("a", func() nodes.Node { return begin(talk("b"), "b", ".") })
		w.AddServer("b", func() nodes.Node { return talk("a") })
		w.AddServer("c", func() nodes.Node {
			return begin(&toy{}, "e", "news")
		})
		w.AddServer("e", func() nodes.Node {
			return &toy{deliver: func(env nodes.Env, _ nodes.ID, s string) { env.Send("d", text{s}) }}
		})
		w.AddServer("d", func() nodes.Node {
			heard := false
			return &toy{deliver: func(env nodes.Env, _ nodes.ID, s string) {
				if heard = heard || s == "news"; !heard {
					w.U.Violate("news first", "the talk was over before the news came")
				}
			}}
		})
		return nil
	}
}

// missing is a world in which three servers beat, and it is a violation if, one after the other and each a different
// one than the last, five times a server alone has heard nothing for a while: short isolations of one machine
// at a time, and nothing else.
func missing(w *trial.World) error {
	const beat = 50 * time.Millisecond
	w.Workload = &work{w: w, until: 4 * time.Second}
	w.Timescale = 300 * time.Millisecond
	ids := []nodes.ID{"n1", "n2", "n3"}
	heard := map[nodes.ID]time.Duration{}
	var last nodes.ID
	turns := 0
	judge := func() {
		var alone []nodes.ID
		for _, id := range ids {
			if w.U.Now()-heard[id] > 5*beat {
				alone = append(alone, id)
			}
		}
		switch {
		case len(alone) > 1:
			turns = 0
		case len(alone) == 1 && alone[0] != last:
			last = alone[0]
			if turns++; turns == 5 {
				w.U.Violate("company", "five servers in turn were alone")
			}
		}
	}
	for _, id := range ids {
		w.AddServer(id, func() nodes.Node {
			return &toy{
				boot:    func(env nodes.Env) error { env.SetTimer(nodes.Tag{Name: "beat"}, beat); return nil },
				deliver: func(nodes.Env, nodes.ID, string) { heard[id] = w.U.Now() },
				fire: func(env nodes.Env, tag nodes.Tag) {
					env.SetTimer(tag, beat)
					judge()
					for _, other := range ids {
						if other != id {
							env.Send(other, text{"beat"})
						}
					}
				},
			}
		})
	}
	return nil
}

// torn is a world in which a server tells another one two things in each of its handlers, of which it must not
// say only one: it does if it dies between them, inside of one handler, the fifteenth.
func torn(w *trial.World) error {
	w.Workload = &work{w: w, until: time.Second}
	var first, second int
	w.Finally = func() error {
		if first != second {
			return fmt.Errorf("%d halves and %d others", first, second)
		}
		return nil
	}
	w.U.Add("witness", func() nodes.Node {
		return &toy{deliver: func(_ nodes.Env, _ nodes.ID, s string) {
			switch s {
			case "first":
				first++
			case "second":
				second++
			}
		}}
	}).Start(0)
	w.AddServer("n1", func() nodes.Node {
		handlers := 0
		return &toy{
			boot: func(env nodes.Env) error { env.SetTimer(nodes.Tag{Name: "tell"}, 10*time.Millisecond); return nil },
			fire: func(env nodes.Env, tag nodes.Tag) {
				if handlers++; handlers == 15 {
					env.Send("witness", text{"first"})
					env.Send("witness", text{"second"})
				}
				_ = env.Disk().WriteAt("log", []byte("x"), int64(handlers))
				env.Disk().Sync("log", nodes.Tag{Name: "log"})
				env.SetTimer(tag, 20*time.Millisecond)
			},
		}
	})
	return nil
}

// restarting is a world in which the server n2 does not survive its fourteenth restart, and marks each.
func restarting(w *trial.World) error {
	w.Workload = &work{w: w, until: 5 * time.Second}
	for _, id := range []nodes.ID{"n1", "n2", "n3"} {
		w.AddServer(id, func() nodes.Node {
			return &toy{boot: func(env nodes.Env) error {
				starts := w.U.Machine(id).Incarnation()
				nodes.Sometimes(env, starts > 1, fmt.Sprintf("toy: %s starts for time %d", id, starts))
				if id == "n2" && starts == 15 {
					w.U.Violate("patience", "n2 was started fourteen times again")
				}
				return nil
			}}
		})
	}
	return nil
}

// until runs a strategy on a world until it has found a violation, and returns the number of executions, or
// most if there was none among so many.
func until(spec string, seed, most uint64, base trial.Options, build func(*trial.World) error) uint64 {
	s, err := strategy.Parse(spec, seed)
	if err != nil {
		panic(err)
	}
	for n := uint64(0); n < most; {
		var options []trial.Options
		var results []*trial.Result
		for range min(strategy.Batch, most-n) {
			o := s.Next(n+uint64(len(options)), base)
			r, err := trial.Run(o, build)
			if err != nil {
				panic(err)
			}
			if r.Verdict == checker.Violated {
				return n + uint64(len(options)) + 1
			}
			options, results = append(options, o), append(results, r)
		}
		for i := range options {
			s.Learn(n+uint64(i), options[i], results[i])
		}
		n += uint64(len(options))
	}
	return most
}

// median is the number of executions that a strategy needs in the median of some campaigns.
func median(spec string, campaigns int, most uint64, base trial.Options, build func(*trial.World) error) uint64 {
	var all []uint64
	for seed := range campaigns {
		all = append(all, until(spec, uint64(1+seed*1_000_000), most, base, build))
	}
	slices.Sort(all)
	return all[len(all)/2]
}
