package tree

import "slices"

// Sweep returns the paths of the containers and of the znodes with a time to live that should be deleted at
// now (ms since 1970), sorted (ContainerManager). Each has no children, and
//   - as a container, has had some; or has never had any for longer than neverUsed (in ms; 0 for never mind);
//   - with a time to live, has not been written for that long.
//
// Between this and a deleteContainer for each a child may be created: the preparation of
// the request finds that out.
func (t *Tree) Sweep(now, neverUsed int64) []string {
	var due []string
	for _, r := range t.containers.refs {
		n := t.at(r)
		unused := n.cversion == 0
		if n.children == 0 && (!unused || neverUsed != 0 && now-n.mtime > neverUsed) {
			due = append(due, t.pathOf(r))
		}
	}
	for _, r := range t.ttls.refs {
		n := t.at(r)
		if ttl := n.owner & MaxTTL; n.children == 0 && ttl != 0 && now-n.mtime > ttl {
			due = append(due, t.pathOf(r))
		}
	}
	slices.Sort(due)
	return due
}
