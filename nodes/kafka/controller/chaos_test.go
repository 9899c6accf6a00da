package controller_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/zk"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// send has a request handled by whichever broker is the controller, and forgets the answer.
func (r *rig) send(req kmsg.Request) {
	if m := r.active(); m != nil {
		m.do(func(env nodes.Env) {
			call := m.next()
			m.answers[call] = func(nodes.Env, kmsg.Response) {}
			m.c.Handle(env, call, req)
		})
	}
}

func reassignTo(topic string, partition int32, to ...int32) *kmsg.AlterPartitionAssignmentsRequest {
	r := kmsg.NewPtrAlterPartitionAssignmentsRequest()
	t := kmsg.NewAlterPartitionAssignmentsRequestTopic()
	t.Topic = topic
	p := kmsg.NewAlterPartitionAssignmentsRequestTopicPartition()
	p.Partition, p.Replicas = partition, to
	t.Partitions = append(t.Partitions, p)
	r.Topics = append(r.Topics, t)
	return r
}

func deleteTopic(name string) *kmsg.DeleteTopicsRequest {
	r := kmsg.NewPtrDeleteTopicsRequest()
	r.Version, r.TimeoutMillis, r.TopicNames = 4, 20000, []string{name}
	return r
}

// strike does one thing that may go wrong in a cluster, drawn by chance.
func (r *rig) strike(i uint64) {
	draw := func(what string, n int) int { return int(r.u.Draw("workload/"+what, i, uint64(n))) }
	id := r.ids[draw("who", len(r.ids))]
	m := r.u.Machine(id)
	lasts := time.Duration(200+draw("lasts", 5000)) * time.Millisecond
	z := r.zks[draw("server", len(r.zks))]
	heal := func(a *sim.Active) { r.u.After(lasts, "heal", a.End) }
	both := func(a, b nodes.ID) [][2]nodes.ID { return [][2]nodes.ID{{a, b}, {b, a}} }
	switch draw("what", 15) {
	case 0:
		m.Kill(vdisk.LoseNothing)
		m.Start(lasts / 4)
	case 1:
		m.Kill(vdisk.LoseNothing)
		m.Start(lasts)
	case 2, 3:
		heal(r.u.DisturbLinks("cut", both(id, z), sim.LinkFault{Cut: true}))
	case 4:
		heal(r.u.DisturbProcesses("pause", []nodes.ID{id}, sim.ProcessFault{Pause: true}))
	case 5:
		heal(r.u.DisturbLinks("reset", append(both(id, z), both(id, r.ids[0])...), sim.LinkFault{ResetPPM: 100_000}))
	case 6:
		other := r.ids[draw("other", len(r.ids))]
		heal(r.u.DisturbLinks("cut", [][2]nodes.ID{{id, other}}, sim.LinkFault{Cut: true}))
	case 7:
		r.u.Machine(z).Kill(vdisk.LoseUnsynced)
		r.u.Machine(z).Start(lasts / 4)
	case 8:
		r.send(createTopic(fmt.Sprintf("t%d", draw("topic", 3)), 2, 2))
	case 9:
		r.send(deleteTopic(fmt.Sprintf("t%d", draw("topic", 3))))
	case 10:
		to := [][]int32{{1, 2, 3}, {4, 2}, {3, 1}, {4, 3, 2}, {4}, nil}[draw("to", 6)]
		r.send(reassignTo("orders", int32(draw("partition", 3)), to...))
	case 11:
		e := kmsg.NewPtrElectLeadersRequest()
		e.Version = 2
		r.send(e)
	case 12, 13: // an operator deletes /controller, as operators do, while there is something to do
		if o := r.members[id]; m.Up() && o.own >= 0 {
			o.do(func(env nodes.Env) {
				o.store.Do(env, zk.Unguarded, zk.Op{Verb: zk.Delete, Key: zk.Key{Kind: zk.KindController}, Version: -1})
			})
			other := r.u.Machine(r.ids[draw("other", len(r.ids))])
			other.Kill(vdisk.LoseNothing)
			other.Start(lasts)
		}
	case 14:
		if o := r.members[id]; m.Up() && o.own >= 0 {
			o.do(o.c.Shutdown)
			r.u.After(lasts, "stop", func() {
				m.Kill(vdisk.LoseNothing)
				m.Start(lasts / 4)
			})
		}
	}
}

// converged says what is not as it should be, some time after the last fault.
func (r *rig) converged() string {
	if !r.settled(len(r.ids)) {
		return fmt.Sprintf("not settled: %+v", r.view())
	}
	v := r.view()
	if len(v.Deleting) > 0 {
		return fmt.Sprint("still deleting ", v.Deleting)
	}
	for _, p := range v.Partitions {
		tp := log.TopicPartition{Topic: p.Partition[:len(p.Partition)-2], Partition: p.Assignment.Partition}
		truth := r.ledger.states[tp]
		isr, replicas := slices.Sorted(slices.Values(truth.ISR)), slices.Sorted(slices.Values(p.Assignment.Replicas))
		switch {
		case len(p.Assignment.Adding)+len(p.Assignment.Removing) > 0:
			return p.Partition + " is still being reassigned"
		case truth.Leader < 0 || !slices.Equal(isr, replicas):
			return fmt.Sprintf("%s: %+v of %v", p.Partition, truth, replicas)
		case truth.LeaderEpoch != p.State.LeaderEpoch:
			return fmt.Sprintf("%s: the controller believes in %+v, the truth is %+v", p.Partition, p.State, truth)
		}
		for _, id := range r.ids {
			m := r.members[id]
			// A broker that was taken for gone when it was to delete its replica keeps it: nobody tells it again, as in Kafka 2.4.
			if !has(replicas, m.id) {
				continue
			}
			if m.parts[tp] == nil {
				return fmt.Sprintf("%s is not on %d", p.Partition, m.id)
			}
			if m.parts[tp].state.LeaderEpoch != truth.LeaderEpoch {
				return fmt.Sprintf("%s: %d knows leader epoch %d, the truth is %+v", p.Partition, m.id, m.parts[tp].state.LeaderEpoch, truth)
			}
			if m.meta[tp] != truth.LeaderEpoch {
				return fmt.Sprintf("%s: %d was told of leader epoch %d, the truth is %+v", p.Partition, m.id, m.meta[tp], truth)
			}
		}
	}
	return ""
}

func seeds(t *testing.T, n uint64) uint64 {
	if s := os.Getenv("ORRERY_SEEDS"); s != "" {
		v, err := strconv.ParseUint(s, 10, 64)
		require.NoError(t, err)
		return v
	}
	return n
}

func TestChaosConvergesAndNeverBreaksAnEpoch(t *testing.T) {
	reached := map[string]bool{}
	for seed := range seeds(t, 100) {
		r := newRig(t, seed, 4)
		if why := r.chaos(); why != "" {
			t.Fatalf("seed %d: %s", seed, why)
		}
		for _, m := range r.u.Marks() {
			if strings.HasPrefix(m.Name, "controller: ") || strings.HasPrefix(m.Name, "zk: ") {
				reached[m.Name] = reached[m.Name] || m.Held > 0
			}
		}
	}
	for _, name := range interesting {
		require.True(t, reached[name], "%s: never", name)
	}
}

func TestChaosOnAnEnsembleThatHasFaultsOfItsOwn(t *testing.T) {
	for seed := range seeds(t, 20) {
		r := newRigOn(t, seed, 3, 4)
		if why := r.chaos(); why != "" {
			t.Fatalf("seed %d: %s", seed, why)
		}
	}
}

// interesting is what a hundred seeds must have seen.
var interesting = []string{
	"controller: a broker's id is still registered",
	"controller: a broker is let go",
	"controller: a deposed one finds out by a write",
	"controller: a new one finds a reassignment under way",
	"controller: a reassignment is complete",
	"controller: a reassignment waits for a broker that is down",
	"controller: a request to a broker is repeated",
	"controller: a second one has taken over",
	"controller: a topic is deleted",
	"controller: an election is lost, or its outcome unknown",
	"controller: an election is repeated, the state has changed meanwhile",
	"controller: leadership is given back to the preferred leaders",
	"zk: a broker's session has expired",
	"zk: a deposed controller is fenced",
	"zk: an ISR write whose answer was lost had been carried out",
	"zk: the outcome of a write is not known",
}

func TestASeedIsOneRun(t *testing.T) {
	for seed := range uint64(10) {
		hash := func() string {
			r := newRig(t, seed, 4)
			require.Empty(t, r.chaos())
			return r.u.Hash().String()
		}
		require.Equal(t, hash(), hash(), "seed %d", seed)
	}
}

// chaos strikes a cluster for half a minute, heals it, and says what is wrong in the end.
func (r *rig) chaos() string {
	r.until("settled", func() bool { return r.settled(len(r.ids)) })
	resp := r.ask(createTopic("orders", 3, 3)).(*kmsg.CreateTopicsResponse)
	require.Equal(r.t, proto.None, proto.Code(resp.Topics[0].ErrorCode))
	for i := range uint64(20) {
		r.u.After(time.Duration(i)*1500*time.Millisecond+time.Duration(r.u.Draw("workload/at", i, 1000))*time.Millisecond, "strike", func() { r.strike(i) })
	}
	r.run(40 * time.Second)
	r.u.HealAll()
	for _, m := range r.u.Machines() {
		m.Start(0)
	}
	why := ""
	r.u.RunUntil(func() bool { return r.u.Now()%(100*time.Millisecond) < time.Millisecond && r.converged() == "" }, r.u.Now()+40*time.Second)
	why = r.converged()
	if v := r.u.Violation(); v != nil {
		return cmp.Or(v.Error()+v.Stack, why)
	}
	if r.ledger.writes == 0 {
		return "nothing was ever written"
	}
	return why
}
