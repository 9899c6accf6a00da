package zab

import "orrery/nodes"

// serveAlone begins to serve without an ensemble: what is durable here is committed.
func (s *Server) serveAlone(env nodes.Env) {
	s.zab = Broadcast
	s.lastAlone = s.db.tree.Zxid()
	s.startPipeline(env)
}
