package replica_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/replica"
)

// TestStories tells in text how replicas lead, follow and are cut off. Its language is the switch in tell.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		s := &story{t: t}
		datadriven.RunTest(t, path, func(_ *testing.T, td *datadriven.TestData) string { return s.tell(td) })
	})
}

type story struct {
	t     *testing.T
	w     *world
	sent  []sentProduce
	quiet bool
}

// sentProduce is a produce that was not answered yet when it was last looked at.
type sentProduce struct {
	value string
	b     *broker
	call  uint64
	inc   int
}

func arg(td *datadriven.TestData, name string, def int) int {
	td.MaybeScanArgs(&testing.T{}, name, &def)
	return def
}

// ids are the brokers that an argument lists.
func ids(td *datadriven.TestData, name string) (out []int32) {
	for _, a := range td.CmdArgs {
		if a.Key == name {
			for _, v := range a.Vals {
				n, _ := strconv.Atoi(v)
				out = append(out, int32(n))
			}
		}
	}
	return out
}

// tell carries out one command, and returns what was noted and answered since.
func (s *story) tell(td *datadriven.TestData) string {
	w := s.w
	switch td.Cmd {
	case "cluster": // three brokers with one partition; min-isr= quirks=(..) epoch-requests no-partition
		return s.cluster(td)
	case "elect": // leader= isr=(..) to=(..): a new leader epoch; those in to hear of it
		w.elect(int32(arg(td, "leader", 1)), ids(td, "isr")...)
		w.tell(ids(td, "to")...)
	case "tell": // to=(..): the present state
		w.tell(ids(td, "to")...)
	case "produce": // b= acks= and values, one a line, each a batch
		acks := arg(td, "acks", -1)
		for _, v := range strings.Fields(td.Input) {
			b := w.b(int32(arg(td, "b", 1)))
			s.sent = append(s.sent, sentProduce{v, b, b.produce(int16(acks), v), b.inc})
		}
	case "run": // for=ms
		w.pass(time.Duration(arg(td, "for", 0)) * time.Millisecond)
	case "cut": // from= to=: the link loses everything, in both directions
		w.cut[[2]int32{int32(arg(td, "a", 0)), int32(arg(td, "b", 0))}] = true
	case "hold": // from= to=: what is sent waits
		w.held[[2]int32{int32(arg(td, "from", 0)), int32(arg(td, "to", 0))}] = true
	case "heal":
		clear(w.cut)
		clear(w.held)
	case "crash": // b= power
		w.b(int32(arg(td, "b", 0))).crash(td.HasArg("power"))
	case "restart": // b=
		w.b(int32(arg(td, "b", 0))).boot()
	case "fetch": // b= offset= epoch= version=: a consumer's fetch
		return s.fetch(td)
	case "state":
		return s.state()
	default:
		s.t.Fatalf("unknown command %q", td.Cmd)
	}
	return s.news()
}

func (s *story) cluster(td *datadriven.TestData) string {
	cfg := replica.Config{EpochRequests: td.HasArg("epoch-requests"), RackAware: td.HasArg("racks")}
	for _, a := range td.CmdArgs {
		if a.Key != "quirks" {
			continue
		}
		for _, name := range a.Vals {
			d := defect(s.t, name)
			d.Set(&cfg.Quirks)
		}
	}
	s.w = newWorld(s.t, 3, cfg, replica.TopicConfig{MinISR: arg(td, "min-isr", 1)})
	s.sent = nil
	s.w.create(1, 2, 3)
	s.w.run()
	return s.news()
}

func defect(t require.TestingT, name string) replica.Defect {
	all := replica.Defects()
	i := slices.IndexFunc(all, func(d replica.Defect) bool { return d.Name == name })
	require.GreaterOrEqual(t, i, 0, name)
	return all[i]
}

// news is what was noted, and which produces were answered.
func (s *story) news() string {
	out := s.w.story
	s.w.story = nil
	s.sent = slices.DeleteFunc(s.sent, func(p sentProduce) bool {
		a := p.b.produced(p.call)
		if a != "" {
			out = append(out, fmt.Sprintf("%s: %s", p.value, a))
		}
		return a != ""
	})
	return strings.Join(append(out, ""), "\n")
}

// state is each broker in a line.
func (s *story) state() string {
	var out strings.Builder
	for _, b := range s.w.brokers {
		if !b.up {
			fmt.Fprintf(&out, "%d down\n", b.id)
			continue
		}
		for _, p := range b.m.View().Partitions {
			fmt.Fprintf(&out, "%d %s epoch %d hw %d", b.id, p.Role, p.LeaderEpoch, p.HighWatermark)
			if p.Role == "leading" {
				fmt.Fprintf(&out, " ISR %v", p.ISR)
				if p.Pending != nil {
					fmt.Fprintf(&out, " proposes %v", p.Pending)
				}
			}
			fmt.Fprintf(&out, " log [%s]", b.dump(s.t, all))
			for _, e := range p.Epochs {
				fmt.Fprintf(&out, " %d@%d", e.Epoch, e.Start)
			}
			out.WriteByte('\n')
		}
	}
	st := s.w.states[tp]
	fmt.Fprintf(&out, "stored: leader %d epoch %d ISR %v version %d\n", st.Leader, st.LeaderEpoch, st.ISR, st.Version)
	return out.String()
}

func (s *story) fetch(td *datadriven.TestData) string {
	r := consume(int64(arg(td, "offset", 0)), int32(arg(td, "epoch", -1)), int16(arg(td, "version", 11)))
	b := s.w.b(int32(arg(td, "b", 1)))
	call := b.ask(r)
	s.w.pass(0)
	return describeFetch(s.t, b, call) + "\n"
}

// consume is a consumer's fetch that does not wait.
func consume(offset int64, epoch int32, version int16) *kmsg.FetchRequest {
	r := kmsg.NewPtrFetchRequest()
	r.Version, r.ReplicaID, r.MaxBytes, r.MinBytes, r.SessionEpoch = version, -1, 1<<20, 1, -1
	p := kmsg.NewFetchRequestTopicPartition()
	p.Partition, p.FetchOffset, p.CurrentLeaderEpoch, p.PartitionMaxBytes = tp.Partition, offset, epoch, 1<<20
	r.Topics = []kmsg.FetchRequestTopic{{Topic: tp.Topic, Partitions: []kmsg.FetchRequestTopicPartition{p}}}
	return r
}

// describeFetch is what a fetch was answered with.
func describeFetch(t require.TestingT, b *broker, call uint64) string {
	r, ok := b.dones[call].(*kmsg.FetchResponse)
	if !ok {
		return "waits"
	}
	if r.ErrorCode != 0 {
		return proto.Code(r.ErrorCode).String()
	}
	if len(r.Topics) == 0 {
		return "nothing new"
	}
	p := r.Topics[0].Partitions[0]
	if p.ErrorCode != 0 {
		return proto.Code(p.ErrorCode).String()
	}
	out := fetchedValues(t, r)
	text := fmt.Sprintf("[%s] hw %d lso %d start %d", strings.Join(out, " "), p.HighWatermark, p.LastStableOffset, p.LogStartOffset)
	if p.PreferredReadReplica >= 0 {
		text += fmt.Sprintf(" preferred %d", p.PreferredReadReplica)
	}
	if len(p.AbortedTransactions) > 0 {
		text += fmt.Sprintf(" aborted %v", p.AbortedTransactions)
	}
	return text
}

// fetchedValues are the records of a fetch of one partition, "offset:value" each.
func fetchedValues(t require.TestingT, r *kmsg.FetchResponse) (out []string) {
	if len(r.Topics) == 0 {
		return nil
	}
	for rest := r.Topics[0].Partitions[0].RecordBatches; len(rest) > 0; {
		var x record.Batch
		var err error
		x, rest, err = record.Next(rest)
		require.NoError(t, err)
		out = append(out, values(t, x)...)
	}
	return out
}
