package zk

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// stage is how far an operation has come.
type stage uint8

const (
	stageFirst  stage = iota
	stageAbsent       // Get of what was not there, with a watch: Exists leaves one
	stageOwner        // Create of an ephemeral record that is there: whose is it?
	stageChild        // Delete of a topic: its partitions are being listed and deleted
	stageEnded
)

// batch is what Do asks for.
type batch struct {
	call    uint64
	guard   int32
	ops     []Op
	stages  []stage
	results []Result
	left    int
}

func (b *batch) number() uint64 { return b.call }

func (b *batch) begin(s *Store, env nodes.Env) {
	if len(b.ops) == 0 {
		s.work = s.work[:len(s.work)-1]
		s.tell(Done{b.call, nil})
		return
	}
	for i := range b.ops {
		b.results[i].Key = b.ops[i].Key
		b.first(s, env, i)
	}
}

// first makes the request of an operation.
func (b *batch) first(s *Store, env nodes.Env, i int) {
	op := b.ops[i]
	b.stages[i] = stageFirst
	switch op.Verb {
	case Get:
		s.ask(env, b, i, client.Get(s.path(op.Key.Path()), op.Watch))
	case Exists:
		s.ask(env, b, i, client.Exists(s.path(op.Key.Path()), op.Watch))
	case List:
		s.ask(env, b, i, client.Children(s.path(op.Key.ListPath()), op.Watch))
	case Atomic:
		all := make([]client.Op, 0, len(op.Ops)+1)
		for _, o := range op.Ops {
			all = append(all, s.write(o))
		}
		s.ask(env, b, i, b.guarded(s, all...))
	case Create, Set, Delete:
		s.ask(env, b, i, b.plain(s, s.write(op)))
	}
}

// write is the request of an operation that writes one record.
func (s *Store) write(op Op) client.Op {
	var data []byte
	if op.Value != nil {
		data = op.Value.Append(nil)
	}
	path := s.path(op.Key.Path())
	switch op.Verb {
	case Create:
		mode := proto.ModePersistent
		switch {
		case op.Ephemeral:
			mode = proto.ModeEphemeral
		case op.Sequential:
			mode = proto.ModePersistentSequential
		}
		return client.Create(path, data, nil, mode)
	case Set:
		return client.Set(path, data, op.Version)
	}
	return client.Delete(path, op.Version)
}

// guarded is a request that is carried out only under the batch's guard.
func (b *batch) guarded(s *Store, ops ...client.Op) client.Op {
	if b.guard == Unguarded {
		return client.Multi(ops...)
	}
	guard := client.Check(s.path(Key{Kind: KindControllerEpoch}.Path()), b.guard)
	return client.Multi(append([]client.Op{guard}, ops...)...)
}

// again asks once more for what only reads. The sync before it makes sure that the answer knows of all that the lost connection
// may have done.
func (b *batch) again(s *Store, env nodes.Env, i int) {
	s.c.Do(env, client.Sync(s.path("/brokers")))
	b.first(s, env, i)
}

func (b *batch) end(s *Store, i int, err error) bool {
	if b.stages[i] == stageEnded {
		return false
	}
	b.stages[i] = stageEnded
	b.results[i].Err = err
	if b.left--; b.left > 0 {
		return false
	}
	s.tell(Done{b.call, b.results})
	return true
}

func (b *batch) expired(s *Store) {
	for i := range b.results {
		if b.stages[i] != stageEnded {
			b.results[i].Err = ErrExpired
		}
	}
	s.tell(Done{b.call, b.results})
}

func (b *batch) answered(s *Store, env nodes.Env, i int, d client.Done) bool {
	op := b.ops[i]
	if op.Verb <= List {
		return b.read(s, env, i, d)
	}
	code, failed, response := outcome(d)
	r := &b.results[i]
	switch {
	case d.Err == proto.CodeConnectionLoss && (op.Ephemeral || b.stages[i] == stageOwner):
		b.again(s, env, i)
		return false
	case d.Err == proto.CodeConnectionLoss:
		nodes.Reachable(env, "zk: the outcome of a write is not known")
		return b.end(s, i, ErrUncertain)
	case b.guard != Unguarded && d.Op.Type == proto.OpMulti:
		if failed == 0 && code != proto.CodeOK {
			nodes.Reachable(env, "zk: a deposed controller is fenced")
			return b.end(s, i, ErrFenced)
		}
		failed--
	}
	r.Failed = max(failed, 0)
	switch b.stages[i] {
	case stageOwner:
		return b.owner(s, env, i, d)
	case stageChild:
		b.swept(s, env, i, d)
		return false
	}
	switch {
	case code == proto.CodeNodeExists && op.Verb == Create && op.Ephemeral:
		b.stages[i] = stageOwner
		s.ask(env, b, i, client.Exists(s.path(op.Key.Path()), false))
		return false
	case code == proto.CodeNoNode && op.Verb == Create && op.Key.Kind == KindPartition && r.Names == nil:
		b.parents(s, env, i)
		return false
	case code == proto.CodeNotEmpty && op.Verb == Delete && op.Key.Kind == KindTopic && r.Names == nil:
		b.sweep(s, env, i)
		return false
	}
	b.note(i, response)
	return b.end(s, i, errorOf(code))
}

func (r *Result) stat(s proto.Stat) {
	r.Version, r.Czxid, r.Mzxid, r.Owner, r.Created = s.Version, s.Czxid, s.Mzxid, s.EphemeralOwner, time.UnixMilli(s.Ctime).UTC()
}

// path is what an operation is about.
func (op Op) path() string {
	if op.Verb == List {
		return op.Key.ListPath()
	}
	return op.Key.Path()
}

// outcome is what became of a request: the code, and, of a multi, of which operation, and the answer to the last one.
func outcome(d client.Done) (code proto.ErrCode, failed int, response jute.Record) {
	m, ok := d.Response.(*proto.MultiResponse)
	if !ok {
		return d.Err, 0, d.Response
	}
	for i, r := range m.Results {
		if r.Type == proto.OpError && r.Err != proto.CodeOK {
			return r.Err, i, nil
		}
		response = r.Response
	}
	return d.Err, len(m.Results), response
}

func errorOf(code proto.ErrCode) error {
	switch code {
	case proto.CodeOK:
		return nil
	case proto.CodeNoNode:
		return ErrNoNode
	case proto.CodeNodeExists:
		return ErrNodeExists
	case proto.CodeBadVersion:
		return ErrBadVersion
	case proto.CodeNotEmpty:
		return ErrNotEmpty
	case proto.CodeConnectionLoss:
		return ErrUncertain
	}
	return fmt.Errorf("%w: %s", ErrRefused, code)
}

// note keeps what the answer to a write tells.
func (b *batch) note(i int, response jute.Record) {
	r := &b.results[i]
	switch p := response.(type) {
	case *proto.Create2Response:
		r.stat(p.Stat)
		r.Names = []string{p.Path[strings.LastIndexByte(p.Path, '/')+1:]}
	case *proto.SetDataResponse:
		r.Version, r.Czxid, r.Mzxid = p.Stat.Version, p.Stat.Czxid, p.Stat.Mzxid
	}
}

// owner takes whose an ephemeral record is. One of the own session counts as created: the answer to the first attempt was lost.
func (b *batch) owner(s *Store, env nodes.Env, i int, d client.Done) bool {
	switch p := d.Response.(type) {
	case *proto.ExistsResponse:
		r := &b.results[i]
		r.stat(p.Stat)
		if p.Stat.EphemeralOwner == s.c.Session() {
			return b.end(s, i, nil)
		}
		return b.end(s, i, ErrNodeExists)
	default:
		if d.Err == proto.CodeNoNode { // it has just gone
			b.first(s, env, i)
			return false
		}
		return b.end(s, i, errorOf(d.Err))
	}
}

// parents makes what a partition's state stands below, but not the topic itself: that one is gone if it is not there. Then it tries again.
func (b *batch) parents(s *Store, env nodes.Env, i int) {
	b.results[i].Names = []string{} // tried once
	path := b.ops[i].Key.Path()
	partition := path[:strings.LastIndexByte(path, '/')]
	for _, p := range []string{partition[:strings.LastIndexByte(partition, '/')], partition} {
		s.c.Do(env, b.plain(s, client.Create(s.path(p), nil, nil, proto.ModePersistent)))
	}
	b.first(s, env, i)
}

// plain is a single write under the guard, if there is one.
func (b *batch) plain(s *Store, op client.Op) client.Op {
	if b.guard == Unguarded {
		return op
	}
	return b.guarded(s, op)
}

// sweep lists what is below a topic; swept deletes it, and then tries again to delete the topic. Nobody but the controller makes
// anything there.
func (b *batch) sweep(s *Store, env nodes.Env, i int) {
	b.stages[i] = stageChild
	s.ask(env, b, i, client.Children(s.path(b.ops[i].Key.Path()+"/partitions"), false))
}

func (b *batch) swept(s *Store, env nodes.Env, i int, d client.Done) {
	b.results[i].Names = []string{} // tried once
	above := s.path(b.ops[i].Key.Path() + "/partitions")
	if p, ok := d.Response.(*proto.GetChildren2Response); ok {
		for _, name := range slices.Sorted(slices.Values(p.Children)) {
			s.c.Do(env, b.plain(s, client.Delete(above+"/"+name+"/state", -1)))
			s.c.Do(env, b.plain(s, client.Delete(above+"/"+name, -1)))
		}
	}
	s.c.Do(env, b.plain(s, client.Delete(above, -1)))
	b.first(s, env, i)
}

func (b *batch) read(s *Store, env nodes.Env, i int, d client.Done) bool {
	op := b.ops[i]
	r := &b.results[i]
	path := s.path(op.path())
	switch {
	case d.Err == proto.CodeConnectionLoss:
		b.again(s, env, i)
		return false
	case d.Err == proto.CodeNoNode && op.Watch && op.Verb == Get && b.stages[i] == stageFirst:
		b.stages[i] = stageAbsent
		s.ask(env, b, i, client.Exists(path, true))
		return false
	case d.Err == proto.CodeNoNode:
		if op.Watch && op.Verb != List {
			s.watches[path] = op.Key
		}
		return b.end(s, i, ErrNoNode)
	case d.Err != proto.CodeOK:
		return b.end(s, i, errorOf(d.Err))
	}
	var err error
	switch p := d.Response.(type) {
	case *proto.GetDataResponse:
		r.stat(p.Stat)
		r.Value, err = Decode(op.Key.Kind, op.Key.Number, p.Data)
	case *proto.ExistsResponse:
		r.stat(p.Stat)
		if b.stages[i] == stageAbsent { // it has come meanwhile
			b.first(s, env, i)
			return false
		}
	case *proto.GetChildren2Response:
		r.Names = slices.Sorted(slices.Values(p.Children))
		if op.Watch {
			s.lists[path] = op.Key
		}
		return b.end(s, i, nil)
	}
	if op.Watch {
		s.watches[path] = op.Key
	}
	return b.end(s, i, err)
}
