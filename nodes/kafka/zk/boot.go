package zk

import (
	"encoding/base64"
	"encoding/binary"
	"strings"

	"orrery/nodes"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// boot makes sure of the paths that must be there, and of the cluster's id, at the beginning of a session.
type boot struct {
	call uint64
	left int
}

const (
	bootPath = iota
	bootID
	bootMadeID
)

func (b *boot) number() uint64 { return b.call }

func (b *boot) begin(s *Store, env nodes.Env) {
	for i := 1; i < len(s.cfg.Chroot); i++ {
		if s.cfg.Chroot[i] == '/' {
			s.c.Do(env, client.Create(s.cfg.Chroot[:i], nil, nil, proto.ModePersistent))
		}
	}
	paths := persistent
	if s.cfg.Chroot != "" {
		paths = append([]string{""}, paths...)
	}
	b.left = len(paths)
	for _, p := range paths {
		s.ask(env, b, bootPath, client.Create(s.path(p), nil, nil, proto.ModePersistent))
	}
}

func (b *boot) answered(s *Store, env nodes.Env, slot int, d client.Done) bool {
	id := s.path(Key{Kind: KindClusterID}.Path())
	switch slot {
	case bootPath:
		if d.Err == proto.CodeConnectionLoss { // which of them are there is quickly asked once more
			p := d.Op.Request.(*proto.CreateRequest).Path
			s.ask(env, b, bootPath, client.Create(p, nil, nil, proto.ModePersistent))
			return false
		}
		if d.Err == proto.CodeNoNode { // what it stands below was lost on its way
			s.c.Do(env, client.Create(above(d.Op.Request.(*proto.CreateRequest).Path), nil, nil, proto.ModePersistent))
			s.ask(env, b, bootPath, d.Op)
			return false
		}
		if b.left--; b.left == 0 {
			s.ask(env, b, bootID, client.Get(id, false))
		}
		return false
	case bootID:
		if p, ok := d.Response.(*proto.GetDataResponse); ok {
			if v, err := Decode(KindClusterID, 0, p.Data); err == nil {
				s.cluster, _ = v.(ClusterID)
			}
			b.ended(s)
			return true
		}
		if d.Err == proto.CodeNoNode {
			s.ask(env, b, bootMadeID, client.Create(id, newClusterID(env).Append(nil), nil, proto.ModePersistent))
			return false
		}
	}
	s.ask(env, b, bootID, client.Get(id, false)) // whoever made it, it is what is there that counts
	return false
}

func above(path string) string { return path[:max(strings.LastIndexByte(path, '/'), 1)] }

func (b *boot) ended(s *Store) {
	s.booted = true
	if s.c.State() == client.Connected {
		s.up = true
	}
	s.tell(Connected{Session: s.c.Session(), New: true})
	if !s.up {
		s.tell(Disconnected{})
	}
}

func (b *boot) expired(*Store) {}

// newClusterID draws an id: 16 bytes, as text.
func newClusterID(env nodes.Env) ClusterID {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], env.Rand().Uint64())
	binary.BigEndian.PutUint64(b[8:], env.Rand().Uint64())
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // a random UUID, RFC 4122
	return ClusterID(base64.RawURLEncoding.EncodeToString(b[:]))
}
