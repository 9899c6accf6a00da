package zab

import (
	"fmt"

	"orrery/nodes"
)

// version is what servers say they are. Clients' own suites read it in the form that 3.5 gave it.
const version = "3.5.6-orrery, built on 10/08/2019 20:18 GMT"

// command answers a four-letter word, which a client says instead of a frame. It tells whether it was one.
func (s *Server) command(env nodes.Env, k *client) bool {
	word := string(k.in[:4])
	answer, ok := s.word(word)
	if !ok {
		return false
	}
	if !s.zoo.Whitelisted(word) {
		answer = word + " is not executed because it is not in the whitelist.\n"
	}
	_ = env.Write(k.conn, []byte(answer))
	s.hangUp(env, k)
	return true
}

func (s *Server) word(word string) (string, bool) {
	switch word {
	case "ruok":
		return "imok", true
	case "srvr":
		if s.pipe == nil {
			return "This ZooKeeper instance is not currently serving requests\n", true
		}
		return fmt.Sprintf("Zookeeper version: %s\nConnections: %d\nZxid: 0x%x\nMode: %s\nNode count: %d\n",
			version, len(s.clients.order), s.db.tree.Zxid(), s.role(), s.db.tree.Len()), true
	}
	return "", false
}
