package tree

import (
	"encoding/base64"
	"slices"
	"strings"

	"orrery/nodes/zab/proto"
)

// The schemes of identities that are known here. Others appear in no valid ACL.
const (
	schemeWorld  = "world"
	schemeAuth   = "auth"
	schemeDigest = "digest"
	schemeIP     = "ip"
	schemeSuper  = "super"
)

// Allowed tells whether somebody with these identities may do what perm says to a znode with this ACL.
// One matching entry that has any of the bits of perm is enough. An empty ACL lets everybody, and the identity super may
// do everything.
func Allowed(acl []proto.ACL, perm int32, auth []proto.ID) bool {
	if len(acl) == 0 || slices.ContainsFunc(auth, func(id proto.ID) bool { return id.Scheme == schemeSuper }) {
		return true
	}
	for _, a := range acl {
		if a.Perms&perm == 0 {
			continue
		}
		if a.ID.Scheme == schemeWorld && a.ID.ID == "anyone" {
			return true
		}
		for _, id := range auth {
			if id.Scheme == a.ID.Scheme && matches(id, a.ID) {
				return true
			}
		}
	}
	return false
}

// matches tells whether somebody's identity is the one in an entry of the same scheme.
func matches(id, entry proto.ID) bool {
	switch entry.Scheme {
	case schemeDigest:
		return id.ID == entry.ID
	case schemeIP:
		return matchesIP(id.ID, entry.ID)
	}
	return false
}

// FixACL is the ACL that a znode gets when a client with these identities asks for one: without
// repetitions, and with the client's own identities for each entry of the scheme auth. It returns CodeInvalidACL if
// the list is empty or an entry names nobody.
func FixACL(acl []proto.ACL, auth []proto.ID) ([]proto.ACL, proto.ErrCode) {
	var fixed []proto.ACL
	for i, a := range acl {
		if slices.Contains(acl[:i], a) {
			continue
		}
		switch {
		case a.ID.Scheme == schemeWorld && a.ID.ID == "anyone":
			fixed = append(fixed, a)
		case a.ID.Scheme == schemeAuth:
			before := len(fixed)
			for _, id := range auth {
				if id.Scheme == schemeDigest { // of the schemes here, the only one that proves who somebody is
					fixed = append(fixed, proto.ACL{Perms: a.Perms, ID: id})
				}
			}
			if len(fixed) == before {
				return nil, proto.CodeInvalidACL
			}
		case validID(a.ID):
			fixed = append(fixed, a)
		default:
			return nil, proto.CodeInvalidACL
		}
	}
	if len(fixed) == 0 {
		return nil, proto.CodeInvalidACL
	}
	return fixed, proto.CodeOK
}

func validID(id proto.ID) bool {
	switch id.Scheme {
	case schemeDigest: // two parts, as Java's split counts them: empty ones at the end do not count
		parts := strings.Split(id.ID, ":")
		for len(parts) > 0 && parts[len(parts)-1] == "" {
			parts = parts[:len(parts)-1]
		}
		return len(parts) == 2
	case schemeIP:
		return validIP(id.ID)
	}
	return false
}

// DigestID is the identity of somebody who says "user:password": the user and the SHA-1 of
// both, in base64.
func DigestID(userPassword string) proto.ID {
	user, _, _ := strings.Cut(userPassword, ":")
	sum := sumSHA1([]byte(userPassword))
	return proto.ID{Scheme: schemeDigest, ID: user + ":" + base64.StdEncoding.EncodeToString(sum[:])}
}

// Authenticate returns the identities that an AuthPacket adds to a connection. superDigest is the identity
// of the administrator ("super:…"), or empty if there is none. It returns CodeAuthFailed for a scheme
// that cannot be claimed; address is the client's.
func Authenticate(scheme string, auth []byte, superDigest, address string) ([]proto.ID, proto.ErrCode) {
	switch scheme {
	case schemeDigest:
		id := DigestID(string(auth))
		if superDigest != "" && id.ID == superDigest {
			return []proto.ID{{Scheme: schemeSuper}, id}, proto.CodeOK
		}
		return []proto.ID{id}, proto.CodeOK
	case schemeIP:
		return []proto.ID{{Scheme: schemeIP, ID: address}}, proto.CodeOK
	}
	return nil, proto.CodeAuthFailed
}

// WhoAmI lists the users that a connection acts as, without what proves it.
func WhoAmI(auth []proto.ID) []proto.ClientInfo {
	list := make([]proto.ClientInfo, 0, len(auth))
	for _, id := range auth {
		user := ""
		switch id.Scheme {
		case schemeDigest:
			user, _, _ = strings.Cut(id.ID, ":")
		case schemeIP:
			user = id.ID
		}
		list = append(list, proto.ClientInfo{AuthScheme: id.Scheme, User: user})
	}
	return list
}

// redact hides the hashes of the passwords from those who may read a znode but not administer it.
func redact(acl []proto.ACL) []proto.ACL {
	list := slices.Clone(acl)
	for i, a := range list {
		if user, _, ok := strings.Cut(a.ID.ID, ":"); ok && a.ID.Scheme == schemeDigest {
			list[i].ID.ID = user + ":x"
		}
	}
	return list
}
