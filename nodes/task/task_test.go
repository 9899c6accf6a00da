package task_test

import (
	"encoding/json"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/task"
)

// run boots a machine of one task.
func run(body func(t *task.T)) *bench {
	b := newBench(task.New(words{}, body))
	if err := b.boot(); err != nil {
		panic(err)
	}
	return b
}

func TestRecvTakesMessagesInTheOrderOfTheirArrival(t *testing.T) {
	var got []string
	b := run(func(t *task.T) {
		t.Sleep(time.Second)
		for {
			from, m, _ := t.Recv(task.Forever)
			got = append(got, string(from)+":"+m.Kind())
		}
	})
	b.say("n2", "a")
	b.say("n3", "b")
	require.Empty(t, got, "a task that sleeps receives nothing")
	b.pass(time.Second)
	b.say("n2", "c")
	require.Equal(t, []string{"n2:a", "n3:b", "n2:c"}, got)
	require.Empty(t, b.timers, "Forever needs no timer")
}

func TestRecvGivesUpAfterItsTimeout(t *testing.T) {
	var after time.Duration
	var came bool
	b := run(func(t *task.T) {
		_, _, came = t.Recv(time.Second)
		after = t.Monotonic()
		t.Recv(task.Forever)
	})
	b.pass(time.Minute)
	require.False(t, came)
	require.Equal(t, time.Second, after)
}

func TestRecvInTimeStopsTheTimer(t *testing.T) {
	b := run(func(t *task.T) {
		t.Recv(time.Second)
		t.Recv(task.Forever)
	})
	require.Len(t, b.timers, 1)
	b.say("n2", "a")
	require.Empty(t, b.timers)
}

func TestRecvWithoutTimeoutTakesOnlyWhatIsThere(t *testing.T) {
	var got []bool
	b := run(func(t *task.T) {
		_, _, none := t.Recv(0)
		t.Sleep(time.Second)
		_, _, one := t.Recv(0)
		got = []bool{none, one}
	})
	b.say("n2", "a")
	b.pass(time.Second)
	require.Equal(t, []bool{false, true}, got)
}

func TestFullInboxDropsTheOldest(t *testing.T) {
	var got []string
	b := newBench(task.NewNode(task.Config{Codec: words{}, Inbox: 2}, func(t *task.T) {
		t.Sleep(time.Second)
		for {
			_, m, _ := t.Recv(task.Forever)
			got = append(got, m.Kind())
		}
	}))
	require.NoError(t, b.boot())
	for _, w := range []string{"a", "b", "c", "d"} {
		b.say("n2", w)
	}
	b.pass(time.Second)
	require.Equal(t, []string{"c", "d"}, got)
}

func TestRequestLeavesToOthersWhatIsNotItsAnswer(t *testing.T) {
	var answer, rest string
	b := run(func(t *task.T) {
		m, ok := t.Request("n2", word("ask"), time.Second, func(m nodes.Message) bool { return m.Kind() == "yes" })
		if ok {
			answer = m.Kind()
		}
		_, m, _ = t.Recv(0)
		rest = m.Kind()
	})
	require.Equal(t, []string{"n2<-ask"}, b.sent)
	b.say("n2", "noise")
	b.say("n2", "yes")
	require.Equal(t, "yes", answer)
	require.Equal(t, "noise", rest)
}

func TestRequestGetsItsAnswerBeforeARecvThatWaitedLonger(t *testing.T) {
	var server, client string
	b := run(func(t *task.T) {
		t.Go("client", func(t *task.T) {
			m, _ := t.Request("n2", word("ask"), time.Second, func(m nodes.Message) bool { return m.Kind() == "yes" })
			client = m.Kind()
		})
		_, m, _ := t.Recv(task.Forever)
		server = m.Kind()
	})
	b.say("n2", "yes")
	b.say("n2", "work")
	require.Equal(t, "yes", client)
	require.Equal(t, "work", server)
}

func TestRequestWithoutAnAnswerEnds(t *testing.T) {
	ok := true
	b := run(func(t *task.T) { _, ok = t.Request("n2", word("ask"), time.Second, nil) })
	b.pass(time.Second)
	require.False(t, ok)
}

func TestMessageStaysValidAfterItsCall(t *testing.T) {
	var m nodes.Message
	b := run(func(t *task.T) {
		_, m, _ = t.Recv(task.Forever)
		t.Sleep(time.Second)
	})
	wire := []byte("hello")
	decoded, err := b.node.Codec().Decode(wire)
	require.NoError(t, err)
	b.node.Deliver(b, "n2", decoded)
	copy(wire, "XXXXX")
	require.Equal(t, "hello", m.Kind())
}

func TestSyncReturnsOnlyWhenTheDiskSaysSo(t *testing.T) {
	broken := errors.New("broken")
	var errs []error
	b := run(func(t *task.T) {
		t.Disk().Append("log", []byte("x"))
		errs = append(errs, t.Sync("log"))
		errs = append(errs, t.SyncDir(""))
	})
	require.Empty(t, errs)
	b.sync(nil)
	require.Equal(t, []error{nil}, errs)
	b.sync(broken)
	require.Equal(t, []error{nil, broken}, errs)
	require.Equal(t, "x", b.files["log"])
}

func TestSubTasksRunInTheOrderInWhichTheyBecameReady(t *testing.T) {
	var story []string
	b := run(func(t *task.T) {
		for _, name := range []string{"a", "b", "c"} {
			t.Go(name, func(t *task.T) {
				story = append(story, t.Name()+" starts")
				t.Sleep(time.Duration('d'-name[0]) * time.Second)
				story = append(story, t.Name()+" ends")
			})
		}
		story = append(story, "main waits")
		t.Wait()
		story = append(story, "main goes on")
	})
	b.pass(time.Minute)
	require.Equal(t, []string{
		"main waits", "a starts", "b starts", "c starts",
		"c ends", "b ends", "a ends", "main goes on",
	}, story)
}

func TestMachineIdlesAfterItsBodyReturned(t *testing.T) {
	b := run(func(*task.T) {})
	b.say("n2", "a")
	b.pass(time.Hour)
	b.node.(nodes.Halter).Halted()
}

func TestHaltedUnwindsABlockedBody(t *testing.T) {
	unwound := []string{}
	b := run(func(t *task.T) {
		defer func() { unwound = append(unwound, "main") }()
		t.Go("sub", func(t *task.T) {
			defer func() { unwound = append(unwound, "sub") }()
			defer t.Send("n2", word("bye")) // too late: it goes on unwinding
			t.Sleep(time.Hour)
		})
		t.Recv(task.Forever)
	})
	b.node.(nodes.Halter).Halted()
	require.Equal(t, []string{"main", "sub"}, unwound)
	require.Empty(t, b.sent)
}

func TestKillAtAnEffectPassesThroughTheBody(t *testing.T) {
	var unwound, reached bool
	b := run(func(t *task.T) {
		defer func() { unwound = true }()
		t.Recv(task.Forever)
		t.Go("never started", func(*task.T) { reached = true })
		t.Send("n2", word("last"))
		reached = true
	})
	b.killAt = "send last"
	require.PanicsWithValue(t, killed{}, func() { b.say("n2", "go") }, "the kernel sees its own sentinel")
	require.True(t, unwound)
	require.False(t, reached)
	b.node.(nodes.Halter).Halted()
}

func TestPanicOfABodyReachesTheRuntimeWithItsStack(t *testing.T) {
	b := run(func(t *task.T) {
		t.Recv(task.Forever)
		stumble()
	})
	require.PanicsWithValue(t, "stumbled", func() { b.say("n2", "go") })
	stack := b.node.(interface{ PanicStack() string }).PanicStack()
	require.Contains(t, stack, "task_test.stumble\n")
}

func stumble() { panic("stumbled") }

func TestAnotherTasksTIsRefused(t *testing.T) {
	require.PanicsWithValue(t, "task: T of task main used outside of that task", func() {
		run(func(t *task.T) {
			main := t
			t.Go("sub", func(*task.T) { main.Self() })
			t.Recv(task.Forever)
		})
	})
}

func TestTIsRefusedBetweenTwoCalls(t *testing.T) {
	var kept *task.T
	run(func(t *task.T) {
		kept = t
		t.Recv(task.Forever)
	})
	require.Panics(t, func() { kept.Send("n2", word("late")) })
}

func TestDialedConnectionReadsFramesThenTheEnd(t *testing.T) {
	var got []string
	b := run(func(t *task.T) {
		c, err := t.Dial(nodes.Addr{ID: "n2", Port: 80}, nodes.Framing{}, time.Second)
		if err != nil {
			panic(err)
		}
		got = append(got, t.Peer(c))
		for {
			p, err := t.Read(c, time.Second)
			if err != nil {
				got = append(got, err.Error())
				if !errors.Is(err, task.ErrNothing) {
					t.Close(c)
					return
				}
				continue
			}
			got = append(got, string(p))
		}
	})
	n, c := b.node.(nodes.ConnHandler), b.conns[0]
	n.Opened(b, c, "n2")
	n.Received(b, c, []byte("one"))
	b.pass(time.Second)
	n.Received(b, c, []byte("two"))
	n.Closed(b, c, nil)
	require.Equal(t, []string{"n2", "one", task.ErrNothing.Error(), "two", io.EOF.Error()}, got)
	require.Empty(t, b.ended, "a connection that is over is not closed again")
}

func TestDialTellsWhyItFailed(t *testing.T) {
	var errs []error
	b := run(func(t *task.T) {
		for range 2 {
			_, err := t.Dial(nodes.Addr{ID: "n2", Port: 80}, nodes.Framing{}, time.Second)
			errs = append(errs, err)
		}
	})
	b.node.(nodes.ConnHandler).Closed(b, b.conns[0], nodes.ErrRefused)
	b.pass(time.Second)
	require.Equal(t, []error{nodes.ErrRefused, nodes.ErrTimeout}, errs)
	require.Equal(t, []string{"reset conn#2"}, b.ended)
}

func TestAcceptedConnectionsWaitForAccept(t *testing.T) {
	var got []string
	b := run(func(t *task.T) {
		if err := t.Listen(80, nodes.Framing{Stream: true}); err != nil {
			panic(err)
		}
		for {
			c, ok := t.Accept(80, time.Minute)
			if !ok {
				return
			}
			t.Go("conn", func(t *task.T) {
				t.Sleep(time.Second)
				p, _ := t.Read(c, time.Second)
				got = append(got, t.Peer(c)+":"+string(p))
				t.Close(c)
				_, err := t.Read(c, time.Second)
				got = append(got, err.Error())
			})
		}
	})
	n, c := b.node.(nodes.ConnHandler), nodes.Conn{N: 7, Port: 80}
	n.Opened(b, c, "c1")
	n.Received(b, c, []byte("ab"))
	n.Received(b, c, []byte("cd"))
	b.pass(time.Hour)
	require.Equal(t, []string{"c1:abcd", nodes.ErrClosed.Error()}, got)
	require.Equal(t, []string{"close conn#7"}, b.ended)
}

func TestConnectionThatNobodyReadsIsReset(t *testing.T) {
	var err error
	b := newBench(task.NewNode(task.Config{Codec: words{}, Inbox: 2}, func(t *task.T) {
		c, _ := t.Dial(nodes.Addr{ID: "n2", Port: 80}, nodes.Framing{}, time.Second)
		t.Sleep(time.Second)
		_, err = t.Read(c, time.Second)
	}))
	require.NoError(t, b.boot())
	n, c := b.node.(nodes.ConnHandler), b.conns[0]
	n.Opened(b, c, "n2")
	for range 3 {
		n.Received(b, c, []byte("x"))
	}
	b.pass(time.Second)
	require.ErrorIs(t, err, nodes.ErrReset)
	require.Equal(t, []string{"reset conn#1"}, b.ended)
}

func TestInspectTellsWhatEachTaskWaitsFor(t *testing.T) {
	b := run(func(t *task.T) {
		t.Go("syncer", func(t *task.T) { t.Sync("log") })
		t.Recv(task.Forever)
	})
	shown, err := json.Marshal(b.node.(nodes.Inspector).Inspect())
	require.NoError(t, err)
	require.JSONEq(t, `{"Tasks": ["main waits for a message", "syncer waits for the sync of log"], "Inbox": 0}`, string(shown))
}
