package recipes

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

func TestACounterCountsOnceThoughAnAnswerIsLost(t *testing.T) {
	for _, q := range []CounterQuirks{{}, {NoToken: true}} {
		r := newRig(t)
		r.party("p", func(p Party) {
			c := &Counter{Party: p, Path: "/counter", Quirks: q}
			require.NoError(t, c.Add(1, time.Second))
			d, _, _, err := c.get("/counter", false, p.deadline(time.Second))
			require.NoError(t, err)
			require.NotEmpty(t, d.Data)
			r.u.After(5*time.Millisecond, "break", func() { r.breakAnswers("p") }) // behind the read, before the write's answer
			require.NoError(t, c.Add(1, 5*time.Second))
			v, _, err := c.Value(time.Second)
			require.NoError(t, err)
			require.Equal(t, q.NoToken, v > 2, "counted %d", v)
		})
		r.run()
	}
}

func TestPartiesDoNotOverwriteEachOthersCounts(t *testing.T) {
	for _, q := range []CounterQuirks{{}, {BlindWrite: true}} {
		r := newRig(t)
		var value int64
		for i := range 3 {
			r.party(fmt.Sprint("p", i), func(p Party) {
				c := &Counter{Party: p, Path: "/counter", Quirks: q}
				for range 10 {
					require.NoError(t, c.Add(2, time.Minute))
				}
				v, _, err := c.Value(time.Minute)
				require.NoError(t, err)
				value = max(value, v)
			})
		}
		r.run()
		require.Equal(t, q.BlindWrite, value < 60, "counted %d", value)
	}
}

func TestItemsComeOutByPriorityAndThenByAge(t *testing.T) {
	for _, q := range []QueueQuirks{{}, {TextOrder: true}} {
		r := newRig(t)
		r.party("p", func(p Party) {
			queue := &Queue{Party: p, Path: "/queue", Quirks: q}
			for _, it := range []struct {
				priority int
				data     string
			}{{10, "d"}, {9, "b"}, {0, "a"}, {9, "c"}} {
				require.NoError(t, queue.Put(it.priority, []byte(it.data), time.Second))
			}
			out := ""
			for {
				it, ok, err := queue.Take(time.Second)
				require.NoError(t, err)
				if !ok {
					break
				}
				out += string(it.Data)
			}
			require.Equal(t, map[bool]string{false: "abcd", true: "adbc"}[q.TextOrder], out)
		})
		r.run()
	}
}

func TestAnItemIsTakenByOne(t *testing.T) {
	for _, q := range []QueueQuirks{{}, {NoCAS: true}} {
		r := newRig(t)
		taken := map[string]int{}
		r.party("p0", func(p Party) {
			queue := &Queue{Party: p, Path: "/queue"}
			for i := range 20 {
				require.NoError(t, queue.Put(0, []byte(fmt.Sprint(i)), time.Second))
			}
			for i := range 3 {
				r.party(fmt.Sprint("taker", i), func(p Party) {
					queue := &Queue{Party: p, Path: "/queue", Quirks: q}
					for {
						it, ok, err := queue.Take(time.Second)
						require.NoError(t, err)
						if !ok {
							return
						}
						taken[string(it.Data)]++
					}
				})
			}
		})
		r.run()
		require.Len(t, taken, 20)
		twice := 0
		for _, n := range taken {
			twice += n - 1
		}
		require.Equal(t, q.NoCAS, twice > 0)
	}
}

func TestSettingsComeToTheLastOfManyUpdates(t *testing.T) {
	r := newRig(t)
	const updates = 12
	r.party("reader", func(p Party) {
		s := &Settings{Party: p, Path: "/config"}
		for string(s.Data) != "............" {
			require.NoError(t, s.Follow(10*time.Millisecond))
			p.T.Sleep(30 * time.Millisecond) // it has other things to do
		}
		require.EqualValues(t, updates, s.Version)
		require.Greater(t, s.Jumps, 0, "every update was seen: this shows nothing")
		require.Less(t, s.Notified, updates+1)
	})
	for i := range 3 {
		r.party(fmt.Sprint("writer", i), func(p Party) {
			s := &Settings{Party: p, Path: "/config"}
			for range updates / 3 {
				_, err := s.Update(func(old []byte) []byte { return append(old, '.') }, time.Minute)
				require.NoError(t, err)
			}
		})
	}
	r.run()
}

func TestAServiceReplacesItsOldSelf(t *testing.T) {
	for _, q := range []DiscoveryQuirks{{}, {KeepsOld: true}} {
		r := newRig(t)
		r.party("s", func(p Party) {
			_, err := p.Register("/services", []byte("first"), q, time.Second)
			require.NoError(t, err)
			p.S = r.session(p.T) // the old session is left to expire
			_, err = p.Register("/services", []byte("second"), q, time.Second)
			require.NoError(t, err)
			p.S.Sleep(5 * time.Second)
			require.Equal(t, q.KeepsOld, len(names(p, "/services")) == 0)
		})
		r.run()
	}
}

func TestADirectoryNoticesWhoComesAndGoes(t *testing.T) {
	r := newRig(t)
	r.party("consumer", func(p Party) {
		d := &Directory{Party: p, Path: "/services"}
		require.NoError(t, d.Follow(100*time.Millisecond))
		require.Empty(t, d.Instances)
		require.NoError(t, d.Follow(time.Second))
		require.Equal(t, []string{"s1"}, d.Instances)
		require.NoError(t, d.Follow(2*time.Second))
		require.Empty(t, d.Instances)
		list, zxid, err := d.Lookup(d.Zxid, time.Second)
		require.NoError(t, err)
		require.Empty(t, list)
		require.GreaterOrEqual(t, zxid, d.Zxid)
		_, _, err = d.Lookup(zxid+1, 200*time.Millisecond)
		require.ErrorIs(t, err, ErrTimeout, "nobody has come so far")
	})
	r.party("s1", func(p Party) {
		p.S.Sleep(300 * time.Millisecond)
		_, err := p.Register("/services", nil, DiscoveryQuirks{}, time.Second)
		require.NoError(t, err)
		p.S.Sleep(time.Second)
		require.Equal(t, proto.CodeOK, p.S.Close().Err)
	})
	r.run()
}

func TestACallOnASessionThatIsOverSaysSo(t *testing.T) {
	r := newRig(t)
	r.party("p", func(p Party) {
		require.True(t, p.S.Connect(time.Second))
		p.S.Close()
		_, err := (&Lock{Party: p, Path: "/lock"}).Acquire(Exclusive, time.Second)
		require.ErrorIs(t, err, ErrSession)
		require.ErrorIs(t, (&Counter{Party: p, Path: "/c"}).Add(1, time.Second), ErrSession)
		_, _, err = (&Queue{Party: p, Path: "/q"}).Take(time.Second)
		require.ErrorIs(t, err, ErrSession)
	})
	r.run()
	var code *CodeError
	require.True(t, errors.As(failed(client.Done{Op: client.Get("/a", false), Err: proto.CodeNoNode}), &code))
	require.Equal(t, proto.CodeNoNode, code.Code)
}
