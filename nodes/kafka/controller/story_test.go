package controller_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/controller"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/zk"
	"orrery/sim"
	"orrery/trace"
)

// TestStories tells what controllers do, in text. Its language is the switch in tell; what brokers note of themselves is the story.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		s := &story{t: t}
		datadriven.RunTest(t, path, func(_ *testing.T, td *datadriven.TestData) string { return s.tell(td) })
	})
}

type story struct {
	t    *testing.T
	r    *rig
	seen int // events that were told
	cuts map[string]*sim.Active
}

func arg(td *datadriven.TestData, name string, def int) int {
	td.MaybeScanArgs(&testing.T{}, name, &def)
	return def
}

func ids(words []string) (out []int32) {
	for _, w := range words {
		n, _ := strconv.Atoi(w)
		out = append(out, int32(n))
	}
	return out
}

// numbers are the words of the command's first line behind the first n, as numbers.
func numbers(td *datadriven.TestData, n int) []int32 {
	var words []string
	for _, a := range td.CmdArgs[n:] {
		if len(a.Vals) == 0 {
			words = append(words, a.Key)
		}
	}
	return ids(words)
}

func (s *story) tell(td *datadriven.TestData) string {
	if td.Cmd == "cluster" { // brokers: how many; slow: replicas are in sync only when a leader is told to alter; quirk=
		return s.cluster(td)
	}
	var word string
	if len(td.CmdArgs) > 0 {
		word = td.CmdArgs[0].Key
	}
	answer := s.act(td, word)
	s.r.run(time.Duration(arg(td, "ms", 3000)) * time.Millisecond)
	if v := s.r.u.Violation(); v != nil {
		answer += "VIOLATION " + v.Property + "\n"
	}
	return answer + s.news()
}

func (s *story) cluster(td *datadriven.TestData) string {
	s.r, s.seen, s.cuts = newRig(s.t, 1, arg(td, "brokers", 3)), 0, map[string]*sim.Active{}
	s.r.slow = td.HasArg("slow")
	for _, name := range strings.Split(strings.Join(slices.Concat(valuesOf(td, "quirk")), ","), ",") {
		for _, d := range controller.Defects() {
			if d.Name == name {
				d.Set(&s.r.quirks)
			}
		}
		for _, d := range zk.Defects() {
			if d.Name == name {
				d.Set(&s.r.zquirks)
			}
		}
	}
	s.r.run(3 * time.Second)
	return s.news()
}

func valuesOf(td *datadriven.TestData, name string) []string {
	for _, a := range td.CmdArgs {
		if a.Key == name {
			return a.Vals
		}
	}
	return nil
}

// act carries out one command.
func (s *story) act(td *datadriven.TestData, word string) string {
	r, id := s.r, nodes.ID(word)
	switch td.Cmd {
	case "run":
	case "kill":
		r.kill(id)
	case "start":
		r.u.Machine(id).Start(0)
	case "pause":
		r.u.Machine(id).Pause()
	case "resume":
		r.u.Machine(id).Resume()
	case "isolate": // from ZooKeeper
		s.cuts[word] = r.u.DisturbLinks("cut", [][2]nodes.ID{{id, "z"}, {"z", id}}, sim.LinkFault{Cut: true})
	case "heal":
		s.cuts[word].End()
	case "create": // topic, and the replicas of each partition, a line each
		return s.codes(r.ask(s.creation(td, word)))
	case "delete":
		return s.codes(r.ask(deleteTopic(word)))
	case "grow":
		q := kmsg.NewPtrCreatePartitionsRequest()
		p := kmsg.NewCreatePartitionsRequestTopic()
		p.Topic, p.Count = word, int32(arg(td, "to", 0))
		q.Topics, q.TimeoutMillis = append(q.Topics, p), 10000
		return s.codes(r.ask(q))
	case "reassign": // topic partition replicas; none cancels
		var to []int32
		if list := numbers(td, 2); len(list) > 0 {
			to = list
		}
		return s.codes(r.ask(reassignTo(word, numbers(td, 1)[0], to...)))
	case "elect": // preferred or unclean
		q := kmsg.NewPtrElectLeadersRequest()
		q.Version = 2
		if word == "unclean" {
			q.ElectionType = 1
		}
		return s.codes(r.ask(q))
	case "set": // topic name value
		q := kmsg.NewPtrIncrementalAlterConfigsRequest()
		e := kmsg.NewIncrementalAlterConfigsRequestResource()
		e.ResourceType, e.ResourceName = kmsg.ConfigResourceTypeTopic, word
		c := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		c.Name, c.Value = td.CmdArgs[1].Key, kmsg.StringPtr(td.CmdArgs[2].Key)
		e.Configs = append(e.Configs, c)
		q.Resources = append(q.Resources, e)
		return s.codes(r.ask(q))
	case "alter": // broker topic-partition and the ISR that the broker, its leader, wants
		m := r.members[id]
		tp := log.TopicPartition{Topic: td.CmdArgs[1].Key[:len(td.CmdArgs[1].Key)-2], Partition: int32(td.CmdArgs[1].Key[len(td.CmdArgs[1].Key)-1] - '0')}
		m.do(func(env nodes.Env) { m.alter(env, tp, numbers(td, 2)) })
	case "shutdown":
		m := r.members[id]
		m.do(m.c.Shutdown)
	case "depose": // somebody deletes /controller
		m := r.members[id]
		m.do(func(env nodes.Env) {
			m.store.Do(env, zk.Unguarded, zk.Op{Verb: zk.Delete, Key: zk.Key{Kind: zk.KindController}, Version: -1})
		})
	case "state":
		return s.state()
	case "brokers":
		return s.brokers()
	default:
		return "unknown command " + td.Cmd
	}
	return ""
}

func (s *story) creation(td *datadriven.TestData, topic string) kmsg.Request {
	q := createTopic(topic, -1, -1)
	for i, line := range strings.Split(strings.TrimSpace(td.Input), "\n") {
		a := kmsg.NewCreateTopicsRequestTopicReplicaAssignment()
		a.Partition, a.Replicas = int32(i), ids(strings.Fields(line))
		q.Topics[0].ReplicaAssignment = append(q.Topics[0].ReplicaAssignment, a)
	}
	return q
}

// codes are the errors that an answer names.
func (s *story) codes(resp kmsg.Response) string {
	var b strings.Builder
	say := func(what string, code int16, text *string) {
		fmt.Fprintf(&b, "%s: %s", what, proto.Code(code))
		if text != nil {
			fmt.Fprintf(&b, " (%s)", *text)
		}
		b.WriteByte('\n')
	}
	switch resp := resp.(type) {
	case *kmsg.CreateTopicsResponse:
		for _, t := range resp.Topics {
			say(t.Topic, t.ErrorCode, t.ErrorMessage)
		}
	case *kmsg.DeleteTopicsResponse:
		for _, t := range resp.Topics {
			say(*t.Topic, t.ErrorCode, t.ErrorMessage)
		}
	case *kmsg.CreatePartitionsResponse:
		for _, t := range resp.Topics {
			say(t.Topic, t.ErrorCode, t.ErrorMessage)
		}
	case *kmsg.IncrementalAlterConfigsResponse:
		for _, t := range resp.Resources {
			say(t.ResourceName, t.ErrorCode, t.ErrorMessage)
		}
	case *kmsg.AlterPartitionAssignmentsResponse:
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				say(fmt.Sprintf("%s-%d", t.Topic, p.Partition), p.ErrorCode, p.ErrorMessage)
			}
		}
	case *kmsg.ElectLeadersResponse:
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				say(fmt.Sprintf("%s-%d", t.Topic, p.Partition), p.ErrorCode, nil)
			}
		}
	}
	return b.String()
}

// state is the truth: what ZooKeeper holds.
func (s *story) state() string {
	var b strings.Builder
	var list []log.TopicPartition
	for tp := range s.r.ledger.states {
		list = append(list, tp)
	}
	slices.SortFunc(list, func(a, b log.TopicPartition) int { return strings.Compare(a.String(), b.String()) })
	for _, tp := range list {
		v := s.r.ledger.states[tp]
		fmt.Fprintf(&b, "%s: leader %d, leader epoch %d, ISR %v, controller epoch %d; replicas", tp, v.Leader, v.LeaderEpoch, v.ISR, v.ControllerEpoch)
		for _, a := range s.r.ledger.topics[tp.Topic].Partitions {
			if a.Partition == tp.Partition {
				fmt.Fprintf(&b, " %v adding %v removing %v", a.Replicas, a.Adding, a.Removing)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// brokers is what the brokers believe.
func (s *story) brokers() string {
	var b strings.Builder
	for _, id := range s.r.ids {
		m := s.r.members[id]
		if !s.r.u.Machine(id).Up() {
			fmt.Fprintf(&b, "%s: down\n", id)
			continue
		}
		fmt.Fprintf(&b, "%s: controller %d, epoch %d;", id, m.c.Leader(), m.epoch)
		var list []string
		for tp, p := range m.parts {
			list = append(list, fmt.Sprintf(" %s(leader %d, epoch %d, ISR %v, told of epoch %d)", tp, p.state.Leader, p.state.LeaderEpoch, p.state.ISR, m.meta[tp]))
		}
		slices.Sort(list)
		b.WriteString(strings.Join(list, "") + "\n")
	}
	return b.String()
}

// news is what the brokers have noted since the last look.
func (s *story) news() string {
	var b strings.Builder
	for ; s.seen < s.r.rec.Len(); s.seen++ {
		if e := s.r.rec.At(s.seen); e.Kind == trace.Note && strings.HasPrefix(e.Node, "b") {
			fmt.Fprintf(&b, "%s %s\n", e.Node, e.Text)
		}
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}
