package group_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/proto"
)

// TestStories tells what a coordinator does in text. Its language is the switch in tell.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		s := &story{world: newWorld(t, group.Config{}), by: map[string]*consumer{}, asked: map[uint64]string{}}
		datadriven.RunTest(t, path, func(_ *testing.T, td *datadriven.TestData) string { return s.tell(td) })
	})
}

type story struct {
	*world
	by    map[string]*consumer // the members by their names
	ids   []string             // member ids in the order in which they were given out, with the name of whom
	names []string
	asked map[uint64]string // who waits for which answer, and for what
}

func (s *story) tell(td *datadriven.TestData) string {
	var who string
	if len(td.CmdArgs) > 0 {
		who = td.CmdArgs[0].Key
	}
	arg := func(name string, def int) int {
		td.MaybeScanArgs(&testing.T{}, name, &def)
		return def
	}
	seen := len(s.notes)
	switch td.Cmd {
	case "join": // NAME [static] [rebalance=s]: JoinGroup, and again if it is told its id; static: with the name for an instance id
		s.join(who, td.HasArg("static"), arg("rebalance", 60))
	case "again": // NAME: it has started again and knows no member id
		s.by[who].id, s.by[who].generation = "", -1
		s.wait(s.by[who].join(), who, "join")
	case "sync": // NAME [MEMBER=WHAT ...]: SyncGroup, with an assignment from the leader
		assign := map[string]string{}
		for _, a := range td.CmdArgs[1:] {
			assign[s.by[a.Key].id] = a.Vals[0]
		}
		s.wait(s.by[who].sync(assign), who, "sync")
	case "heartbeat": // NAME
		return fmt.Sprintf("%s: %v\n", who, s.by[who].heartbeat())
	case "leave": // NAME
		return fmt.Sprintf("%s: %v\n", who, s.by[who].leave()) + s.heard(seen)
	case "commit": // NAME offset=
		s.wait(s.by[who].commit(0, int64(arg("offset", 0))), who, "commit")
	case "stage": // NAME pid= offset=: TxnOffsetCommit
		s.wait(s.by[who].stage(int64(arg("pid", 1)), 0, int64(arg("offset", 0))), who, "stage")
	case "marker": // pid= commit|abort
		s.mark(0, int64(arg("pid", 1)), td.HasArg("commit"))
	case "fetch": // [stable]
		at, code := s.fetch("g", 0, td.HasArg("stable"))
		return fmt.Sprintf("%d %v\n", at, code)
	case "hold": // nothing is replicated any more
		s.held = true
	case "replicate":
		s.held = false
		s.settle()
	case "failover": // another broker loads the log
		s.held = false
		s.failover()
	case "compact":
		s.compact(0)
	case "pass": // s=: time passes; alive=NAME: who sends heartbeats
		s.passing(arg("s", 0), td)
	default:
		return "unknown command\n"
	}
	return s.heard(seen)
}

func (s *story) join(who string, static bool, rebalance int) {
	c := s.by[who]
	if c == nil {
		c = s.consumer("g")
		if static {
			c = s.static("g", who)
		}
		c.rebalance = time.Duration(rebalance) * time.Second
		s.by[who] = c
	}
	s.wait(c.join(), who, "join")
	s.name(c.id, who)
}

// passing lets time pass, in which some send heartbeats.
func (s *story) passing(seconds int, td *datadriven.TestData) {
	for range seconds {
		s.pass(time.Second)
		for _, a := range td.CmdArgs {
			if a.Key == "alive" {
				_ = s.by[a.Vals[0]].heartbeat()
			}
		}
	}
}

func (s *story) wait(call uint64, who, what string) { s.asked[call] = who + ": " + what }

func (s *story) name(id, who string) {
	if id != "" && !slices.Contains(s.ids, id) {
		n := 1
		for _, x := range s.names {
			if strings.HasPrefix(x, who+"#") {
				n++
			}
		}
		s.ids, s.names = append(s.ids, id), append(s.names, fmt.Sprintf("%s#%d", who, n))
	}
}

// heard is what happened since: notes of the coordinator, and answers.
func (s *story) heard(seen int) string {
	var b strings.Builder
	var lines []string
	for _, n := range s.notes[seen:] {
		lines = append(lines, "  "+n)
	}
	calls := make([]uint64, 0, len(s.asked))
	for call := range s.asked {
		calls = append(calls, call)
	}
	slices.Sort(calls)
	for _, call := range calls {
		if r, ok := s.answers[call]; ok {
			lines = append(lines, s.asked[call]+" "+s.answer(strings.Split(s.asked[call], ":")[0], call, r))
			delete(s.asked, call)
		}
	}
	for _, l := range lines {
		for i, id := range s.ids {
			l = strings.ReplaceAll(l, id, s.names[i])
		}
		b.WriteString(l + "\n")
	}
	return b.String()
}

func (s *story) answer(who string, call uint64, r kmsg.Response) string {
	switch r := r.(type) {
	case *kmsg.JoinGroupResponse:
		if r.ErrorCode != 0 {
			return proto.Code(r.ErrorCode).String()
		}
		s.by[who].joined(call)
		s.name(r.MemberID, who)
		out := fmt.Sprintf("generation %d as %s, led by %s", r.Generation, r.MemberID, r.LeaderID)
		for i, m := range r.Members {
			out += map[bool]string{true: "; members ", false: ", "}[i == 0] + m.MemberID
		}
		return out
	case *kmsg.SyncGroupResponse:
		return fmt.Sprintf("%v %q", proto.Code(r.ErrorCode), r.MemberAssignment)
	}
	code, _ := s.committedCode(call)
	return code.String()
}
