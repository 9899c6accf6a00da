package scenarios

import (
	"slices"

	"orrery/checker"
	"orrery/nodes/zab"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// recipeLife is one life of a znode, from its creation to its deletion.
type recipeLife struct {
	path             string
	data             []byte
	created, deleted int64 // zxids; deleted is checker.Never while it exists
}

// recipeLog is what the ensemble has committed, as lives of znodes. The zxid that every answer carries says which moment of it a
// client has seen.
type recipeLog struct {
	lives     []recipeLife // in the order of their creation
	open      map[string]int
	last      int64 // zxid
	committed zkCommitted
}

func newRecipeLog() *recipeLog { return &recipeLog{open: map[string]int{}} }

// watch takes the milestones of a server.
func (r *recipeWorld) watch(_ *zab.Server, m zab.Milestone) {
	list, err := r.log.committed.take(m)
	if err != nil {
		r.w.U.Violate(recipeReadable, err.Error())
	}
	for _, t := range list {
		r.log.append(t.Header.Zxid, t)
	}
}

// recipeReadable is what the judgement of recipes stands on.
const recipeReadable = "what is committed was broadcast"

func (l *recipeLog) append(zxid int64, t *proto.Transaction) {
	l.last = zxid
	l.apply(zxid, t.Body)
}

func (l *recipeLog) create(zxid int64, path string, data []byte) {
	l.open[path] = len(l.lives)
	l.lives = append(l.lives, recipeLife{path: path, data: data, created: zxid, deleted: checker.Never})
}

func (l *recipeLog) remove(zxid int64, path string) {
	if i, ok := l.open[path]; ok {
		l.lives[i].deleted = zxid
		delete(l.open, path)
	}
}

// apply takes one transaction. No recipe creates or deletes anything in a multi.
func (l *recipeLog) apply(zxid int64, body jute.Record) {
	switch b := body.(type) {
	case *proto.CreateTxn:
		l.create(zxid, b.Path, b.Data)
	case *proto.DeleteTxn:
		l.remove(zxid, b.Path)
	case *proto.CloseSessionTxn:
		for _, p := range b.Paths2Delete {
			l.remove(zxid, p)
		}
	}
}

// life is the life that a znode had at a zxid, or began last before it.
func (l *recipeLog) life(path string) (recipeLife, bool) {
	for i := len(l.lives) - 1; i >= 0; i-- {
		if l.lives[i].path == path {
			return l.lives[i], true
		}
	}
	return recipeLife{}, false
}

// below are the lives of the children of a node.
func (l *recipeLog) below(parent string) []recipeLife {
	var list []recipeLife
	for _, v := range l.lives {
		if len(v.path) > len(parent)+1 && v.path[:len(parent)] == parent && v.path[len(parent)] == '/' && !slices.Contains([]byte(v.path[len(parent)+1:]), '/') {
			list = append(list, v)
		}
	}
	return list
}
