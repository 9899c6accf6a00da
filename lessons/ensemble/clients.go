package ensemble

import (
	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// Scene is the scene of a lesson with an ensemble. The codec reads what its clients say to each other.
func Scene(number int, seed uint64, codec nodes.Codec, demo string, variants ...stage.Variant) *stage.Scene {
	return &stage.Scene{Number: number, Seed: seed, Demo: demo, Codec: codec, Frame: Frame, Variants: variants}
}

// Standing is the session, or a new one with the same servers if it is over.
func (e *Ensemble) Standing(t *task.T, s *client.Session, servers ...nodes.ID) *client.Session {
	if s.Client().State().Over() {
		return e.Open(t, servers...)
	}
	return s
}

// Put writes a value to a znode, and makes the znode if it is not there. False means that it may have been written or not.
func Put(s *client.Session, path, value string) bool {
	d := s.Do(client.Set(path, []byte(value), -1))
	if d.Err == proto.CodeNoNode {
		d = s.Do(client.Create(path, []byte(value), nil, proto.ModePersistent))
	}
	return d.Err == proto.CodeOK
}
