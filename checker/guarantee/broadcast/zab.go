package broadcast

// primaries judges what Zab promises of messages with epochs. Because the sequences of all processes are prefixes of one, which
// was judged before, it is enough to judge that one.
func (c *check) primaries() {
	c.onePrimary()
	next := make(map[int64]int) // by epoch, how many of its messages were delivered
	latest := -1                // place of the delivery with the largest epoch so far
	for place, name := range c.common {
		m := c.msgs[name]
		if m.sent < 0 || m.epoch == 0 {
			continue
		}
		if latest >= 0 && m.epoch < c.msgs[c.common[latest]].epoch {
			c.r.Found(GlobalOrder, name, c.cite(c.first[latest], c.first[place]), "%s of epoch %d was delivered after %s of epoch %d",
				name, m.epoch, c.common[latest], c.msgs[c.common[latest]].epoch)
		} else {
			latest = place
		}
		if m.nth != next[m.epoch] {
			want := c.epochs[m.epoch][min(next[m.epoch], len(c.epochs[m.epoch])-1)]
			c.r.Found(LocalOrder, name, c.cite(c.msgs[want].sent, m.sent, c.first[place]), "%s of epoch %d was delivered where its primary had broadcast %s", name, m.epoch, want)
		}
		next[m.epoch] = max(next[m.epoch], m.nth+1)
	}
	c.primaryIntegrity()
}

// onePrimary judges that each epoch has one process that broadcasts.
func (c *check) onePrimary() {
	for i := range c.run.Events {
		e := &c.run.Events[i]
		if e.Kind != Broadcast || e.Epoch == 0 {
			continue
		}
		j, there := c.primary[e.Epoch]
		if !there {
			c.primary[e.Epoch] = i
			continue
		}
		if first := &c.run.Events[j]; first.Process != e.Process {
			c.r.Found(OnePrimary, e.Process, c.cite(j, i), "%s and %s both broadcast in epoch %d", first.Process, e.Process, e.Epoch)
		}
	}
}

// primaryIntegrity judges that a primary had delivered, when it began to broadcast, every message of earlier epochs that
// anybody ever delivers. A sequence in the order of epochs has them in front, so a count is enough.
func (c *check) primaryIntegrity() {
	have := make(map[string]int)
	begun := make(map[int64]bool)
	for i := range c.run.Events {
		e := &c.run.Events[i]
		switch e.Kind {
		case Restart:
			have[e.Process] = min(e.Keep, len(c.common))
		case Deliver:
			if n := have[e.Process]; n < len(c.common) && c.common[n] == e.Message {
				have[e.Process]++
			}
		case Broadcast:
			if e.Epoch == 0 || begun[e.Epoch] {
				continue
			}
			begun[e.Epoch] = true
			for n := have[e.Process]; n < len(c.common); n++ {
				if m := c.msgs[c.common[n]]; m.sent >= 0 && m.epoch != 0 && m.epoch < e.Epoch {
					c.r.Found(PrimaryBehind, e.Process, c.cite(m.sent, i, c.first[n]), "%s broadcast %s in epoch %d without having delivered %s of epoch %d",
						e.Process, e.Message, e.Epoch, c.common[n], m.epoch)
					break
				} else if m.epoch >= e.Epoch {
					break
				}
			}
		}
	}
}
