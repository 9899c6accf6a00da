package prep

import (
	"slices"

	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/tree"
)

// record is how a transaction under way will leave a znode (ChangeRecord).
type record struct {
	zxid int64
	path string // that of the root is "/"
	gone bool   // it will be deleted
	tree.Znode

	sum int64 // the digest of the tree with all changes up to this one
}

// before is what byPath held for a path before a multi changed it.
type before struct {
	path string
	was  *record // nil for nothing
}

// key is the one name of a znode: the root has two.
func key(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// find returns a copy of how the znode will be, or CodeNoNode.
func (p *Prep) find(path string) (record, proto.ErrCode) {
	path = key(path)
	if r := p.byPath[path]; r != nil {
		if r.gone {
			return record{}, proto.CodeNoNode
		}
		return *r, proto.CodeOK
	}
	z, ok := p.tree.Znode(path)
	if !ok {
		return record{}, proto.CodeNoNode
	}
	return record{path: path, Znode: z}, proto.CodeOK
}

// put notes how a transaction will leave a znode. r.Digest is still that of before.
func (p *Prep) put(r record, zxid int64) {
	old := r.Digest
	r.zxid, r.Digest = zxid, 0
	if !r.gone {
		r.Digest = tree.NodeDigest(r.path, r.Data, &r.Stat)
	}
	r.sum = p.digest() - int64(old) + int64(r.Digest)
	if p.multi {
		p.undo = append(p.undo, before{r.path, p.byPath[r.path]})
	}
	p.queue = append(p.queue, &r)
	p.byPath[r.path] = &r
}

// digest is that of the tree when all that is under way is applied.
func (p *Prep) digest() int64 {
	if n := len(p.queue); n > 0 {
		return p.queue[n-1].sum
	}
	return p.tree.Digest()
}

func (p *Prep) begin() { p.multi, p.undo = true, p.undo[:0] }

func (p *Prep) end() { p.multi, p.undo = false, p.undo[:0] }

// rollback takes back what was put with the zxid since begin.
func (p *Prep) rollback(zxid int64) {
	for n := len(p.queue); n > 0 && p.queue[n-1].zxid == zxid; n-- {
		p.queue[n-1] = nil
		p.queue = p.queue[:n-1]
	}
	for _, b := range slices.Backward(p.undo) {
		if b.was == nil {
			delete(p.byPath, b.path)
		} else {
			p.byPath[b.path] = b.was
		}
	}
	p.undo = p.undo[:0]
}
