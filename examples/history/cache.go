package history

// A Cache keeps copies of what is in its store.
type Cache struct {
	// NoLeases makes it as caches often are: whoever has read the store may fill.
	NoLeases bool

	store  map[string]string
	copies map[string]string
	lease  map[string]int // by key, the last that was given or taken back
}

// New returns an empty cache in front of an empty store.
func New() *Cache {
	return &Cache{store: map[string]string{}, copies: map[string]string{}, lease: map[string]int{}}
}

// A Read is one that is under way.
type Read struct {
	c     *Cache
	key   string
	value string
	found bool
	hit   bool
	lease int
}

// Begin looks a key up, in the cache and then in the store.
func (c *Cache) Begin(key string) *Read {
	r := &Read{c: c, key: key}
	if r.value, r.hit = c.copies[key]; r.hit {
		r.found = true
		return r
	}
	r.value, r.found = c.store[key]
	r.lease = c.lease[key]
	return r
}

// Finish fills the cache after a miss, and returns what was read; false if there is no such key.
func (r *Read) Finish() (string, bool) {
	if !r.hit && r.found && (r.c.NoLeases || r.lease == r.c.lease[r.key]) {
		r.c.copies[r.key] = r.value
	}
	return r.value, r.found
}

// Write changes the store and invalidates the copy, and with it all leases to fill it.
func (c *Cache) Write(key, value string) {
	c.store[key] = value
	delete(c.copies, key)
	c.lease[key]++
}
