package prep

import (
	"slices"
	"strconv"
	"strings"

	"orrery/nodes/zab/config"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/tree"
)

// reconfig judges a change of the ensemble. Its transaction writes the new members into /zookeeper/config; the version of
// the new configuration is its zxid.
func (j *judgement) reconfig(q *proto.ReconfigRequest) (jute.Record, proto.ErrCode) {
	if !j.p.cfg.Reconfig {
		return nil, proto.CodeReconfigDisabled
	}
	if code := j.p.sessions.Check(j.req.Session, j.req.Owner); code != proto.CodeOK {
		return nil, code
	}
	e := j.p.cfg.Ensemble
	if e == nil {
		return nil, proto.CodeUnimplemented
	}
	seen := e.LastSeen()
	switch {
	case seen.Version() != e.Current().Version():
		return nil, proto.CodeReconfigInProgress
	case q.CurConfigID != -1 && q.CurConfigID != seen.Version():
		return nil, proto.CodeBadVersion
	}
	next, code := nextEnsemble(seen, q, j.zxid)
	if code != proto.CodeOK {
		return nil, code
	}
	least := 1
	if j.p.cfg.Standalone {
		least = 2
	}
	switch {
	case len(next.Voters()) < least:
		return nil, proto.CodeBadArguments
	case !e.Synced(next):
		return nil, proto.CodeNewConfigNoQuorum
	}
	node, code := j.p.find(tree.ConfigPath)
	switch {
	case code != proto.CodeOK:
		return nil, code
	case !j.may(&node, proto.PermWrite):
		return nil, proto.CodeNoAuth
	}
	text := []byte(next.String())
	node.Data = text
	node.Stat.Version, node.Stat.Mtime, node.Stat.Mzxid = -1, j.at.Wall, j.zxid
	j.p.put(node, j.zxid)
	j.quorum = next
	return &proto.SetDataTxn{Path: tree.ConfigPath, Data: text, Version: -1}, proto.CodeOK
}

// nextEnsemble is the ensemble that is asked for. What cannot be read as a configuration is CodeBadArguments, and a
// number that is none CodeMarshallingError, as in the original.
func nextEnsemble(seen *config.Quorum, q *proto.ReconfigRequest, version int64) (*config.Quorum, proto.ErrCode) {
	if q.NewMembers != nil {
		next, err := config.ParseDynamic("newMembers", []byte(strings.ReplaceAll(*q.NewMembers, ",", "\n")))
		if err != nil {
			return nil, proto.CodeBadArguments
		}
		return next.WithVersion(version), proto.CodeOK
	}
	if seen.IsHierarchical() {
		return nil, proto.CodeBadArguments
	}
	members := slices.Clone(seen.Members())
	for _, leaving := range list(q.LeavingServers) {
		id, err := strconv.ParseInt(leaving, 10, 64)
		if err != nil {
			return nil, proto.CodeMarshallingError
		}
		members = without(members, id)
	}
	for _, joining := range list(q.JoiningServers) {
		m, code := parseJoining(joining)
		if code != proto.CodeOK {
			return nil, code
		}
		members = without(members, m.ID)
		if slices.ContainsFunc(members, func(o config.Member) bool { return sharesAddress(m, o) }) {
			return nil, proto.CodeBadArguments
		}
		members = append(members, m)
	}
	next, err := config.NewQuorum(version, members)
	if err != nil {
		return nil, proto.CodeBadArguments
	}
	return next, proto.CodeOK
}

// list is what stands between commas, without what is empty and without white space around it.
func list(s *string) []string {
	if s == nil {
		return nil
	}
	var parts []string
	for p := range strings.SplitSeq(*s, ",") {
		if p = strings.TrimSpace(p); p != "" {
			parts = append(parts, p)
		}
	}
	return parts
}

func without(members []config.Member, id int64) []config.Member {
	return slices.DeleteFunc(members, func(m config.Member) bool { return m.ID == id })
}

// parseJoining reads "server.N=…", of which three ports must be given.
func parseJoining(s string) (config.Member, proto.ErrCode) {
	name, value, ok := strings.Cut(s, "=")
	if !ok || value == "" || strings.Contains(value, "=") {
		return config.Member{}, proto.CodeBadArguments
	}
	id, err := strconv.ParseInt(strings.TrimSpace(name[strings.LastIndexByte(name, '.')+1:]), 10, 64)
	if err != nil {
		return config.Member{}, proto.CodeMarshallingError
	}
	m, err := config.ParseMember(id, strings.TrimSpace(value))
	if err != nil || m.Client.IsZero() {
		return config.Member{}, proto.CodeBadArguments
	}
	return m, proto.CodeOK
}

// sharesAddress tells whether two servers name an address in common, as they must not.
func sharesAddress(a, b config.Member) bool {
	for _, x := range addresses(a) {
		if slices.Contains(addresses(b), x) {
			return true
		}
	}
	return false
}

// addresses are those of a server that tell it from others: not those of all interfaces, nor of the loopback one.
func addresses(m config.Member) []config.Address {
	all := slices.Concat(m.Quorum, m.Election, []config.Address{m.Client, m.Secure})
	return slices.DeleteFunc(all, func(a config.Address) bool {
		return a.IsZero() || slices.Contains([]string{config.AnyHost, "::", "::1", "localhost"}, a.Host) || strings.HasPrefix(a.Host, "127.")
	})
}
