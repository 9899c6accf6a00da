package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"orrery/checker/zookeeper"
	"orrery/nodes"
	"orrery/nodes/zab"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/tree"
)

// zkStoryMember is what a server's zoo.cfg says: one that is to join knows the members, and itself.
func zkStoryMember(z *zkWorld, id nodes.ID, members string) string {
	if slices.Contains(z.spares, id) {
		return members + z.line(id, false)
	}
	return members
}

// zkStoryReconfigures has the servers of a story take reconfigurations, and keep their ensemble on their disks.
func zkStoryReconfigures(z *zkWorld) func(nodes.ID) nodes.Node {
	z.reconfigures = true
	z.each(func(c *zkConfig) { c.Reconfig, c.SuperDigest, c.Standalone = true, zkSuperDigest, false })
	return func(id nodes.ID) nodes.Node {
		c := z.config(id)
		c.File = "zoo.cfg"
		return zab.New(c)
	}
}

// reconfig asks for a change of the ensemble in force: N=participant, N=observer or N=gone, for each server N that changes.
func (s *zkStory) reconfig(words []string) zkAsk {
	q := s.z.watch.inForce()
	next := slices.Clone(q.Members())
	for _, w := range words {
		number, part, ok := strings.Cut(w, "=")
		id, err := strconv.ParseInt(number, 10, 64)
		require.True(s.t, ok && err == nil, "want N=part, not %q", w)
		next = slices.DeleteFunc(next, func(m config.Member) bool { return m.ID == id })
		m := zkMember(s.z, id)
		switch part {
		case "observer":
			m.Role = config.Observer
			next = append(next, m)
		case "participant":
			next = append(next, m)
		default:
			require.Equal(s.t, "gone", part)
		}
	}
	joining, leaving := zkDifference(q, next)
	r := proto.ReconfigRequest{CurConfigID: -1, JoiningServers: &joining, LeavingServers: &leaving}
	return zkAsk{client.Reconfig(r), zookeeper.Op{Kind: zookeeper.Sync, Path: tree.ConfigPath}}
}

// ensemble is what a server does, and who votes by the ensemble that it holds to be in force.
func (s *zkStory) ensemble(id nodes.ID, v *zab.Server) {
	role := strings.ToLower(v.Role().String())
	if epoch, leads := v.Leads(); leads {
		role = fmt.Sprintf("leads epoch %d", epoch)
	}
	s.say("%s %s, zxid %x; ensemble %x, in which %v vote", id, role, v.Zxid(), v.Ensemble().Version(), v.Ensemble().Voters())
}
