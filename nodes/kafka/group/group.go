package group

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
)

// state is where a group stands.
type state uint8

const (
	empty               state = iota // no members; it may have offsets
	preparingRebalance               // it waits for its members to join
	completingRebalance              // it waits for the leader's assignment
	stable                           // its members have their assignment
	dead                             // its tombstone is on its way
)

func (s state) String() string {
	return [...]string{"Empty", "PreparingRebalance", "CompletingRebalance", "Stable", "Dead"}[s]
}

// consumerProtocol is the protocol type of groups that read topics: what their members say of themselves can be read.
const consumerProtocol = "consumer"

// after are the states that each one may follow, by Kafka's GroupState.
var after = [...][]state{
	empty:               {preparingRebalance, dead},
	preparingRebalance:  {stable, completingRebalance, empty},
	completingRebalance: {preparingRebalance},
	stable:              {completingRebalance},
	dead:                {empty},
}

// group is a group of consumers, or of whatever else shares out work with this protocol.
type group struct {
	id           string
	part         *partition
	state        state
	since        int64 // when the state began, in milliseconds of the wall clock; none if the record did not say
	generation   int32
	protocolType string // "" until somebody joins
	protocol     string
	leader       string // member id
	order        []*member
	members      map[string]*member
	statics      map[string]string // instance id to member id
	pending      map[string]time.Duration
	// subscribed are the topics that the members of this generation read, sorted; known is false where that cannot be told.
	subscribed []string
	known      bool

	// The rebalance that is under way.
	stamp     uint64 // counts them
	initial   bool   // the first one of an empty group: it waits for more members
	remaining time.Duration
	added     bool            // somebody has joined since the wait began
	storing   int32           // the generation whose assignment is stored, or on its way
	unsynced  map[string]bool // members that have not asked for the assignment of this generation

	offsets     map[log.TopicPartition]committed
	staged      map[int64]map[log.TopicPartition]committed // in open transactions, by producer
	unsettled   map[log.TopicPartition]int                 // appends of offsets that are on their way
	offsetBytes int64                                      // of offsets and staged
	weight      int64                                      // in bytes, as Config.MemoryLimit counts
	gone        bool                                       // this coordinator no longer knows it
}

func newGroup(id string, p *partition) *group {
	return &group{id: id, part: p, since: none, members: map[string]*member{}, statics: map[string]string{}, pending: map[string]time.Duration{},
		unsynced: map[string]bool{}, offsets: map[log.TopicPartition]committed{}, staged: map[int64]map[log.TopicPartition]committed{},
		unsettled: map[log.TopicPartition]int{}}
}

// become changes the state.
func (g *group) become(env nodes.Env, s state) {
	nodes.Always(env, slices.Contains(after[s], g.state), alwaysState)
	g.state = s
	g.since = env.Now().UnixMilli()
}

// has finds a member.
func (g *group) has(id string) *member { return g.members[id] }

// fenced tells whether an instance is known by another member id than the one it says it has: a newer process took its place.
func (g *group) fenced(id string, instance *string) bool {
	if instance == nil {
		return false
	}
	current, ok := g.statics[*instance]
	return ok && current != id
}

// add takes a member in.
func (g *group) add(m *member, protocolType string) {
	if len(g.members) == 0 {
		g.protocolType = protocolType
		g.leader = m.id
	}
	g.members[m.id] = m
	g.order = append(g.order, m)
	if m.static {
		g.statics[m.instance] = m.id
	}
}

// remove forgets a member.
func (g *group) remove(m *member) {
	m.gone = true
	delete(g.members, m.id)
	delete(g.unsynced, m.id)
	g.order = slices.DeleteFunc(g.order, func(x *member) bool { return x == m })
	if m.static && g.statics[m.instance] == m.id {
		delete(g.statics, m.instance)
	}
	if g.leader == m.id {
		g.leader = ""
		if len(g.order) > 0 {
			g.leader = g.order[0].id
		}
	}
}

// supports tells whether a member that supports these protocols can be in one group with the others.
func (g *group) supports(protocolType string, ps []protocol) bool {
	if len(g.members) == 0 {
		return protocolType != "" && len(ps) > 0
	}
	return g.protocolType == protocolType && slices.ContainsFunc(ps, func(p protocol) bool { return g.all(p.name) })
}

// all tells whether all members support a protocol.
func (g *group) all(name string) bool {
	return !slices.ContainsFunc(g.order, func(m *member) bool {
		return !slices.ContainsFunc(m.protocols, func(p protocol) bool { return p.name == name })
	})
}

// elected is the protocol that most members prefer, of those that all support. Where votes are equal, the leader's preference decides.
func (g *group) elected() string {
	if len(g.order) == 0 {
		return ""
	}
	first := g.order[0]
	if l := g.members[g.leader]; l != nil {
		first = l
	}
	var candidates []string
	for _, p := range first.protocols {
		if g.all(p.name) {
			candidates = append(candidates, p.name)
		}
	}
	votes := map[string]int{}
	for _, m := range g.order {
		votes[m.vote(candidates)]++
	}
	best := ""
	for _, name := range candidates {
		if best == "" || votes[name] > votes[best] {
			best = name
		}
	}
	return best
}

// joined tells whether every member waits for the next generation, and every id that was given out has been joined with.
func (g *group) joined() bool {
	return len(g.pending) == 0 && !slices.ContainsFunc(g.order, func(m *member) bool { return m.join == nil })
}

// waiting is how many members wait for the next generation.
func (g *group) waiting() (n int) {
	for _, m := range g.order {
		if m.join != nil {
			n++
		}
	}
	return n
}

// rebalanceTimeout is the longest that a member grants the others.
func (g *group) rebalanceTimeout() time.Duration {
	var d time.Duration
	for _, m := range g.order {
		d = max(d, m.rebalance)
	}
	return d
}

// learnSubscriptions finds out what the members of this generation read.
func (g *group) learnSubscriptions() {
	g.subscribed, g.known = nil, len(g.order) == 0
	if g.protocolType != consumerProtocol || g.protocol == "" || len(g.order) == 0 {
		return
	}
	for _, m := range g.order {
		v := kmsg.NewConsumerMemberMetadata()
		if v.ReadFrom(m.metadata(g.protocol)) != nil {
			g.subscribed = nil
			return
		}
		for _, t := range v.Topics {
			g.subscribed = append(g.subscribed, strings.Clone(t))
		}
	}
	slices.Sort(g.subscribed)
	g.subscribed, g.known = slices.Compact(g.subscribed), true
}

// reads tells whether a member is subscribed to a topic, as far as that is known.
func (g *group) reads(topic string) bool {
	_, ok := slices.BinarySearch(g.subscribed, topic)
	return ok
}

// stages tells whether an open transaction has an offset for the partition.
func (g *group) stages(tp log.TopicPartition) bool {
	for _, id := range producersOf(g) {
		if _, ok := g.staged[id][tp]; ok {
			return true
		}
	}
	return false
}

// idle tells that nothing would be lost with the group.
func (g *group) idle() bool {
	return g.state == empty && len(g.offsets) == 0 && len(g.staged) == 0 && len(g.unsettled) == 0 && len(g.pending) == 0
}

// snapshot is the group as its record has it.
func (g *group) snapshot(assignment map[string][]byte) stored {
	s := stored{protocolType: g.protocolType, generation: g.generation, protocol: g.protocol, leader: g.leader, since: g.since}
	for _, m := range g.order {
		s.members = append(s.members, storedMember{id: m.id, instance: m.instance, static: m.static, clientID: m.peer.ClientID, host: m.peer.Host,
			rebalance: millis(m.rebalance), session: millis(m.session), subscription: m.metadata(g.protocol), assignment: assignment[m.id]})
	}
	return s
}

func millis(d time.Duration) int32 { return int32(d / time.Millisecond) }

// tps are the partitions of a map of offsets, sorted.
func tps[V any](m map[log.TopicPartition]V) []log.TopicPartition {
	return slices.SortedFunc(maps.Keys(m), compareTP)
}

func compareTP(a, b log.TopicPartition) int {
	if c := strings.Compare(a.Topic, b.Topic); c != 0 {
		return c
	}
	return int(a.Partition) - int(b.Partition)
}
