package trident

import (
	"encoding/json"
	"strings"
	"time"

	"orrery/nodes/storm"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// rootOf is where a topology keeps its things in ZooKeeper.
func rootOf(c *Config) string { return "/transactional/" + c.Name }

// znode is one node of ZooKeeper that one task at a time writes, by version.
type znode struct {
	c        *storm.Context
	path     string
	patience time.Duration
	blind    bool // whatever the version is
	version  int32
}

// outcome is what has become of a write.
type outcome uint8

const (
	written outcome = iota
	overtaken
	unknown
)

// load reads the node into v, which stays as it is if the node is empty. A node that is not there is made. ok is false if nobody could say.
func (z *znode) load(v any) (ok bool) {
	d := z.c.ZooKeeper(client.Get(z.path, false), z.patience)
	if d.Err == proto.CodeNoNode {
		if !z.make() {
			return false
		}
		d = z.c.ZooKeeper(client.Get(z.path, false), z.patience)
	}
	r, is := d.Response.(*proto.GetDataResponse)
	if d.Err != proto.CodeOK || !is {
		return false
	}
	z.version = r.Stat.Version
	return len(r.Data) == 0 || json.Unmarshal(r.Data, v) == nil
}

// make makes the node, and those above it.
func (z *znode) make() bool {
	parts := strings.Split(z.path[1:], "/")
	for i := range parts {
		d := z.c.ZooKeeper(client.Create("/"+strings.Join(parts[:i+1], "/"), nil, nil, proto.ModePersistent), z.patience)
		if d.Err != proto.CodeOK && d.Err != proto.CodeNodeExists {
			return false
		}
	}
	return true
}

// save writes v, unless somebody has written since the node was read.
func (z *znode) save(v any) outcome {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // what is written here can always be written
	}
	version := z.version
	if z.blind {
		version = -1
	}
	d := z.c.ZooKeeper(client.Set(z.path, b, version), z.patience)
	switch r, is := d.Response.(*proto.SetDataResponse); {
	case d.Err == proto.CodeOK && is:
		z.version = r.Stat.Version
		return written
	case d.Err == proto.CodeBadVersion:
		return overtaken
	}
	return unknown
}
