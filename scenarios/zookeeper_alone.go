package scenarios

import (
	"time"

	"orrery/checker/zookeeper"
	"orrery/nodes"
	"orrery/nodes/zab/client"
	"orrery/sim"
)

// readAlone has servers serve reads while they know no leader (readonlymode.enabled), a client that is content with that, and a time in
// which nobody reaches anybody else: long enough for each of them to begin with it.
func (z *zkWorld) readAlone() {
	z.readers = true
	z.each(func(c *zkConfig) { c.ReadOnlyMode = true })
	u := z.w.U
	u.After(z.w.DrawDuration("all are alone/when", 500*time.Millisecond, 3*time.Second), "all are alone", func() {
		if z.load.stopped {
			return
		}
		var pairs [][2]nodes.ID
		for _, a := range z.all() {
			for _, b := range z.all() {
				if a != b {
					pairs = append(pairs, [2]nodes.ID{a, b})
				}
			}
		}
		cut := u.DisturbLinks("all are alone", pairs, sim.LinkFault{Cut: true})
		z.mishaps = append(z.mishaps, cut.End)
		u.After(z.w.DrawDuration("all are alone/for", 2500*time.Millisecond, 5*time.Second), "nobody is alone", cut.End)
	})
}

// addReader adds the client that reads from anybody. What it reads of a server without a leader may be long past, so that the history does not have
// it; but each of its sessions sees nothing older than before.
func (l *zkLoad) addReader() {
	r := l.add("reader", zkAsks, l.z.all())
	r.apart, r.content, r.burst, r.think = true, true, 1, 100*time.Millisecond
	r.asks = func(c *zkClient) zkAsk {
		path := l.paths[l.drawFor(c, 1, uint64(len(l.paths)))]
		return zkAsk{client.Get(path, false), zookeeper.Op{Kind: zookeeper.GetData, Path: path}}
	}
}
