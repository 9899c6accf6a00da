package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Quorum is one version of an ensemble: who its members are, and which sets of them are a
// quorum. ZooKeeper calls it a QuorumVerifier. It never changes.
type Quorum struct {
	version int64
	members []Member // by ID
	voters  []int64  // ascending
	groups  []group  // by ID; none if a majority of the voters is a quorum
	weights []weight // by server, of the participants and whoever else was given one
}

// group is the value of a key group.N.
type group struct {
	id      int64
	servers []int64 // ascending
	weight  int64   // the sum of theirs
}

type weight struct{ server, weight int64 }

// NewQuorum returns the ensemble of these members in which a majority of the participants is a quorum.
// It returns an error if two of them have one ID.
func NewQuorum(version int64, members []Member) (*Quorum, error) {
	q := &Quorum{version: version}
	for _, m := range members {
		if err := q.add(m); err != nil {
			return nil, err
		}
	}
	return q, nil
}

func (q *Quorum) add(m Member) error {
	i, found := q.find(m.ID)
	if found {
		return fmt.Errorf("there are two servers with the number %d", m.ID)
	}
	q.members = slices.Insert(q.members, i, m)
	if m.Role == Participant {
		at, _ := slices.BinarySearch(q.voters, m.ID)
		q.voters = slices.Insert(q.voters, at, m.ID)
	}
	return nil
}

func (q *Quorum) find(id int64) (int, bool) {
	return slices.BinarySearchFunc(q.members, id, func(m Member, id int64) int { return cmp.Compare(m.ID, id) })
}

// group adds a group of servers, before the weights are known.
func (q *Quorum) group(id int64, servers []int64) error {
	for _, g := range q.groups {
		if g.id == id {
			return fmt.Errorf("there are two groups with the number %d", id)
		}
		for _, s := range servers {
			if slices.Contains(g.servers, s) {
				return fmt.Errorf("server %d is in group.%d already; a server is in one group", s, g.id)
			}
		}
	}
	slices.Sort(servers)
	if c := slices.Compact(servers); len(c) != len(servers) {
		return errors.New("names a server twice")
	}
	q.groups = append(q.groups, group{id: id, servers: servers})
	slices.SortFunc(q.groups, func(a, b group) int { return cmp.Compare(a.id, b.id) })
	return nil
}

// settle checks the groups against the members, and adds up their weights. A participant without
// a weight has 1.
func (q *Quorum) settle() error {
	if len(q.groups) == 0 {
		return nil
	}
	for _, id := range q.voters {
		if !slices.ContainsFunc(q.groups, func(g group) bool { return slices.Contains(g.servers, id) }) {
			return fmt.Errorf("server %d is in no group; with groups, every participant is in one", id)
		}
		if _, given := q.weightOf(id); !given {
			q.weights = append(q.weights, weight{id, 1})
		}
	}
	slices.SortFunc(q.weights, func(a, b weight) int { return cmp.Compare(a.server, b.server) })
	total := int64(0)
	for i := range q.groups {
		for _, id := range q.groups[i].servers {
			if m, known := q.Member(id); !known || m.Role == Observer {
				return fmt.Errorf("server %d of group.%d is no participant", id, q.groups[i].id)
			}
			w, _ := q.weightOf(id)
			q.groups[i].weight += w
		}
		total += q.groups[i].weight
	}
	if total == 0 {
		return errors.New("all weights are 0, so that no set of servers would ever be a quorum")
	}
	return nil
}

func (q *Quorum) weightOf(id int64) (int64, bool) {
	for _, w := range q.weights {
		if w.server == id {
			return w.weight, true
		}
	}
	return 0, false
}

// Version is the zxid of the reconfiguration that brought this ensemble about; 0 for the first one.
func (q *Quorum) Version() int64 { return q.version }

// WithVersion is q under another version.
func (q *Quorum) WithVersion(version int64) *Quorum {
	r := *q
	r.version = version
	return &r
}

// Members are all servers, by ID. The slice must not be changed.
func (q *Quorum) Members() []Member { return q.members }

// Member returns the server of that ID.
func (q *Quorum) Member(id int64) (Member, bool) {
	i, found := q.find(id)
	if !found {
		return Member{}, false
	}
	return q.members[i], true
}

// Voters are the participants' IDs, ascending. The slice must not be changed.
func (q *Quorum) Voters() []int64 { return q.voters }

// IsVoter tells whether a participant has that ID.
func (q *Quorum) IsVoter(id int64) bool {
	_, found := slices.BinarySearch(q.voters, id)
	return found
}

// IsHierarchical tells whether quorums are counted by groups and weights.
func (q *Quorum) IsHierarchical() bool { return len(q.groups) > 0 }

// Weight is how much a server counts. Without groups it is 1 for everybody, members or not, as in
// ZooKeeper; with groups it is 0 for whoever has none. A server of weight 0 is never elected.
func (q *Quorum) Weight(id int64) int64 {
	if !q.IsHierarchical() {
		return 1
	}
	w, _ := q.weightOf(id)
	return w
}

// ContainsQuorum tells whether the servers whose IDs are given are, or include, a quorum. Their order does not
// matter, nor do repetitions and servers that have no vote.
func (q *Quorum) ContainsQuorum(ids []int64) bool {
	if !q.IsHierarchical() {
		n := 0
		for _, v := range q.voters {
			if slices.Contains(ids, v) {
				n++
			}
		}
		return n > len(q.voters)/2
	}
	groups, agree := 0, 0
	for _, g := range q.groups {
		if g.weight == 0 {
			continue // a group that weighs nothing is as if it were not there
		}
		groups++
		sum := int64(0)
		for _, id := range g.servers {
			if slices.Contains(ids, id) {
				w, _ := q.weightOf(id)
				sum += w
			}
		}
		if sum > g.weight/2 {
			agree++
		}
	}
	return agree > groups/2
}

// Equal tells whether two ensembles are the same, as ZooKeeper sees it: they have one version, or one content.
func (q *Quorum) Equal(o *Quorum) bool {
	return q.version == o.version && q.IsHierarchical() == o.IsHierarchical() || q.SameMembers(o)
}

// SameMembers tells whether two ensembles have the same members, groups and weights, in whichever versions.
func (q *Quorum) SameMembers(o *Quorum) bool {
	return slices.EqualFunc(q.members, o.members, Member.Equal) && slices.Equal(q.weights, o.weights) &&
		slices.EqualFunc(q.groups, o.groups, func(a, b group) bool { return a.id == b.id && slices.Equal(a.servers, b.servers) })
}

// lines are the ensemble's keys and values, without the version.
func (q *Quorum) lines() []string {
	var lines []string
	for _, m := range q.members {
		lines = append(lines, fmt.Sprintf("server.%d=%v", m.ID, m))
	}
	for _, g := range q.groups {
		ids := make([]string, len(g.servers))
		for i, id := range g.servers {
			ids[i] = strconv.FormatInt(id, 10)
		}
		lines = append(lines, fmt.Sprintf("group.%d=%s", g.id, strings.Join(ids, ":")))
	}
	for _, w := range q.weights {
		lines = append(lines, fmt.Sprintf("weight.%d=%d", w.server, w.weight))
	}
	return lines
}

// String is the text that servers exchange and /zookeeper/config holds: a line for every
// member, then "version=" and the version in hexadecimal.
func (q *Quorum) String() string {
	return strings.Join(append(q.lines(), "version="+strconv.FormatUint(uint64(q.version), 16)), "\n")
}

// ClientString is what a client asks for with "config -c": the version in hexadecimal, and where clients connect.
func (q *Quorum) ClientString() string {
	var addrs []string
	for _, m := range q.members {
		if !m.Client.IsZero() {
			addrs = append(addrs, m.Client.String())
		}
	}
	return strconv.FormatUint(uint64(q.version), 16) + " " + strings.Join(addrs, ",")
}
