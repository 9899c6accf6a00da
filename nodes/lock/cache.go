package lock

import (
	"time"

	"orrery/nodes"
)

// CacheConfig says what a Cache is.
type CacheConfig struct {
	// Silence is for how long a cache answers nothing after each start: the delayed restart of Redlock, which lets the keys
	// that were lost expire. It must be longer than any lease.
	Silence time.Duration
	// Counts has the cache count its grants, and give the count as a token: what an INCR in the same script does.
	Counts bool
	Quirks Quirks
}

// Cache is a node of a cache with one key, the lock's. It keeps it in memory, and reckons expiry by its wall clock, as Redis
// does. It implements nodes.Node.
type Cache struct {
	cfg     CacheConfig
	value   uint64 // 0 if there is no key
	expires time.Time
	grants  uint64
}

// NewCache makes a cache.
func NewCache(cfg CacheConfig) *Cache { return &Cache{cfg: cfg} }

// Codec implements nodes.Node.
func (*Cache) Codec() nodes.Codec { return NewCodec() }

// Boot implements nodes.Node; the memory is empty.
func (*Cache) Boot(nodes.Env) error { return nil }

// Fire implements nodes.Node; keys expire when somebody looks.
func (*Cache) Fire(nodes.Env, nodes.Tag) {}

// Synced implements nodes.Node; there is no disk.
func (*Cache) Synced(nodes.Env, nodes.Tag, error) {}

// Deliver takes a request.
func (c *Cache) Deliver(env nodes.Env, from nodes.ID, message nodes.Message) {
	m, is := message.(*Message)
	if !is || env.Monotonic() < c.cfg.Silence && !c.cfg.Quirks.NoSilence {
		return
	}
	if c.value != 0 && !env.Now().Before(c.expires) {
		c.value = 0
	}
	a := Message{Type: Cached, N: m.N, Seq: m.Seq}
	switch m.Type {
	case SetNX:
		if c.value == 0 {
			a.OK = true
			c.set(env, m)
			c.grants++
		}
		if c.cfg.Counts {
			a.Token = c.grants
		}
	case ExtendIf:
		if c.value == m.Value || c.cfg.Quirks.ExtendsAfterExpiry {
			a.OK = true
			c.set(env, m)
		}
	case DeleteIf:
		if c.value == m.Value || c.cfg.Quirks.ReleasesAnyones {
			a.OK = true
			c.value = 0
		}
	default:
		return
	}
	env.Send(from, &a)
}

func (c *Cache) set(env nodes.Env, m *Message) {
	c.value, c.expires = m.Value, env.Now().Add(time.Duration(m.TTL))
}
