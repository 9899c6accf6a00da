package broker_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// Whatever happens to one broker at a time and to the links, what was acknowledged with acks=all and two replicas in sync is read,
// each record once and in order; and when the faults end the cluster is whole again.
func TestNothingThatWasAcknowledgedIsLostWhateverHappens(t *testing.T) {
	for seed := range seedsOf(t, 8, 3) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { chaos(t, 1_000+seed) })
	}
}

// seedsOf is how many seeds a test tries: ORRERY_SEEDS, if that is set.
func seedsOf(t *testing.T, usual, short uint64) uint64 {
	if n, err := strconv.Atoi(os.Getenv("ORRERY_SEEDS")); err == nil {
		return uint64(n)
	}
	if testing.Short() {
		return short
	}
	return usual
}

func chaos(t *testing.T, seed uint64) {
	w := newWorld(t, seed, 3, "log.flush.interval.messages=1")
	w.client("c0", time.Minute, func(t *task.T, c *client.Cluster) {
		for create(t, c, "orders", 2, 3, "min.insync.replicas", "2") != nil {
			t.Sleep(time.Second)
		}
	})
	var acknowledged [2][]int
	stop := false
	writer := func(partition int32) func(t *task.T, c *client.Cluster) {
		return func(t *task.T, c *client.Cluster) {
			p := client.NewProducer(c, client.ProducerConfig{DeliveryTimeout: 10 * time.Minute})
			for i := 0; !stop; i += 3 {
				for j, s := range send(t, p, "orders", partition, i, i+3) {
					r := s.Wait(t)
					require.Equal(w, client.Acknowledged, r.Outcome, "%v", r.Err)
					acknowledged[partition] = append(acknowledged[partition], i+j)
				}
				t.Sleep(20 * time.Millisecond)
			}
			p.Close(t)
		}
	}
	done := []*bool{w.begin("c1", writer(0)), w.begin("c2", writer(1))}
	w.strike(seed)
	w.u.HealAll()
	for _, m := range w.u.Machines() {
		if !m.Up() {
			m.Start(0)
		}
	}
	stop = true
	w.until(3*time.Minute, "the writers are done", func() bool { return *done[0] && *done[1] })
	w.until(time.Minute, "all replicas are in sync", func() bool { return w.inSync("orders", 0) == 3 && w.inSync("orders", 1) == 3 })
	w.client("c3", 2*time.Minute, func(t *task.T, c *client.Cluster) {
		for partition := range int32(2) {
			var read []int
			for _, v := range readAll(w, t, c, "orders", partition, false) {
				n, err := strconv.Atoi(v)
				require.NoError(w, err)
				read = append(read, n)
			}
			require.Equal(w, acknowledged[partition], read, "partition %d\n%s", partition, w.story())
		}
	})
	require.True(t, slices.IsSorted(acknowledged[0]))
}

// strike lets faults happen for a while, at most one broker down at a time.
func (w *world) strike(seed uint64) {
	brokers := []nodes.ID{"b1", "b2", "b3"}
	draw := func(what string, n, of uint64) uint64 { return w.u.Draw("test/"+what, seed<<8|n, of) }
	for n := range uint64(12) {
		victim := brokers[draw("victim", n, 3)]
		others := slices.DeleteFunc(slices.Clone(brokers), func(id nodes.ID) bool { return id == victim })
		length := time.Duration(1+draw("length", n, 6_000)) * time.Millisecond
		var end func()
		switch draw("fault", n, 10) {
		case 0:
			w.u.Machine(victim).Kill(vdisk.LoseNothing)
			end = func() { w.u.Machine(victim).Start(0) }
		case 1:
			w.u.Machine(victim).Kill(vdisk.LoseUnsynced)
			end = func() { w.u.Machine(victim).Start(0) }
		case 2:
			w.u.Machine(victim).Pause()
			end = w.u.Machine(victim).Resume
		case 3:
			end = w.cut(victim, "z1")
		case 4:
			end = w.cut(victim, others[0])
		case 5:
			end = w.cut(victim, others[0], others[1], "z1")
		case 6:
			all := [][2]nodes.ID{{victim, others[0]}, {others[0], victim}, {others[1], others[0]}, {victim, "z1"}, {"z1", others[1]}}
			end = w.u.DisturbLinks("bad links", all, sim.LinkFault{ResetPPM: 30_000, Delay: sim.Dist{Mean: 50 * time.Millisecond}}).End
		case 7:
			end = w.u.DisturbDisks("stall", []nodes.ID{victim}, sim.DiskFault{Stall: true}).End
		case 8:
			w.begin(nodes.ID(fmt.Sprintf("operator-%d", n)), func(t *task.T, _ *client.Cluster) { t.Send(victim, broker.Terminate{}) })
			end = func() {
				w.until(time.Minute, "it has ended", func() bool { return !w.u.Machine(victim).Up() })
				w.u.Machine(victim).Start(0)
			}
		default:
			w.u.Machine("z1").Kill(vdisk.LoseUnsynced)
			end = func() { w.u.Machine("z1").Start(0) }
		}
		w.run(length)
		end()
		w.run(time.Duration(draw("rest", n, 4_000)) * time.Millisecond)
		w.until(2*time.Minute, "enough replicas are in sync to lose another one", func() bool {
			return w.inSync("orders", 0) >= 2 && w.inSync("orders", 1) >= 2
		})
	}
}

func (w *world) run(d time.Duration) {
	w.u.Run(w.u.Now() + d)
	if v := w.u.Violation(); v != nil {
		require.Fail(w, v.Error(), "%s\n%s", v.Stack, w.story())
	}
}

// cut cuts a machine off from others, both ways.
func (w *world) cut(from nodes.ID, others ...nodes.ID) func() {
	var pairs [][2]nodes.ID
	for _, o := range others {
		pairs = append(pairs, [2]nodes.ID{from, o}, [2]nodes.ID{o, from})
	}
	return w.u.DisturbLinks("cut "+string(from), pairs, sim.LinkFault{Cut: true}).End
}
