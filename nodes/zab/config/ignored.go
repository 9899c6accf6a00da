package config

import "strings"

// The reasons why a key has no effect.
const (
	noHTTP     = "there is no HTTP server here; the four-letter words answer the same questions"
	noJVM      = "there is no Java virtual machine to watch"
	noThreads  = "there are no threads here to count, to wait for, or to end"
	noTLS      = "concerns TLS, which is not switched on"
	noSASL     = "concerns SASL, which is not switched on"
	noThrottle = "clients are throttled by globalOutstandingLimit alone"
	onlySpeed  = "concerns how fast the original is, and not what it does"
	noHost     = "concerns names and addresses of hosts, which the machine resolves for itself"
	onlyLog    = "concerns what the original logs or counts"
)

// withoutEffect are the keys that are accepted and change nothing, and why. A name that ends in
// a star stands for all that begin so.
var withoutEffect = []key{
	{name: "admin.*", without: noHTTP},
	{name: "metricsProvider.*", without: noHTTP},
	{name: "audit.*", without: onlyLog},
	{name: "jvm.pause.*", without: noJVM},
	{name: "jmx.*", without: noJVM},
	{name: "ssl.*", without: noTLS},
	{name: "sslQuorumReloadCertFiles", without: noTLS},
	{name: "client.certReload", without: noTLS},
	{name: "X509AuthenticationProvider.superUser", without: noTLS},
	{name: "quorum.auth.*", without: noSASL},
	{name: "kerberos.*", without: noSASL},
	{name: "sasl.*", without: noSASL},
	{name: "authProvider.*", without: "digest, ip, world and auth are always there, and no other provider can be loaded"},
	{name: "requireClientAuthScheme", without: noSASL},
	{name: "jaasLoginRenew", without: noSASL},
	{name: "quorum.cnxn.threads.size", without: noThreads},
	{name: "commitProcessor.*", without: noThreads},
	{name: "nio.*", without: noThreads},
	{name: "netty.*", without: noThreads},
	{name: "serverCnxnFactory", without: noThreads},
	{name: "request_throttler.shutdownTimeout", without: noThreads},
	{name: "learner.*", without: noThreads},
	{name: "leader.closeSocketAsync", without: noThreads},
	{name: "leader.ackLoggingFrequency", without: onlyLog},
	{name: "leader.maxConcurrentSnapSyncs", without: onlySpeed},
	{name: "leader.maxConcurrentDiffSyncs", without: onlySpeed},
	{name: "leaderConnectDelayDuringRetryMs", without: "a learner tries every 100 ms, as the original's default is"},
	{name: "connection_throttle_*", without: noThrottle},
	{name: "request_throttle_*", without: noThrottle},
	{name: "request_stale_*", without: noThrottle},
	{name: "throttled_op_wait_time", without: noThrottle},
	{name: "largeRequestMaxBytes", without: noThrottle},
	{name: "largeRequestThreshold", without: noThrottle},
	{name: "request.timeout", without: "a request ends with its connection"},
	{name: "maxResponseCacheSize", without: onlySpeed},
	{name: "maxGetChildrenResponseCacheSize", without: onlySpeed},
	{name: "intBufferStartingSizeBytes", without: onlySpeed},
	{name: "bitHashCacheSize", without: onlySpeed},
	{name: "watchManagerName", without: onlySpeed},
	{name: "watcherClean*", without: onlySpeed},
	{name: "maxInProcessingDeadWatchers", without: onlySpeed},
	{name: "snapshot.compression.method", without: "snapshots are written plain, and read plain"},
	{name: "serializeLastProcessedZxid.enabled", without: "snapshots are written in the form that every release reads"},
	{name: "pathStats.*", without: onlyLog},
	{name: "messageTracker.*", without: onlyLog},
	{name: "fsync.warningthresholdms", without: onlyLog},
	{name: "observerMasterPort", without: "observers learn from the leader itself"},
	{name: "observerMaster.*", without: "observers learn from the leader itself"},
	{name: "observer.election.DelayMs", without: "an observer looks for a leader at once"},
	{name: "observer.reconnectDelayMs", without: "an observer looks for a leader at once"},
	{name: "electionAlg", without: "there is one algorithm, number 3"},
	{name: "electionPortBindRetry", without: "a port that is in use ends the start"},
	{name: "quorumCnxnTimeoutMs", without: "a connection between servers is as patient as the election"},
	{name: "clientPortListenBacklog", without: noHost},
	{name: "multiAddress.reachabilityCheck*", without: noHost},
	{name: "tcpKeepAlive", without: noHost},
	{name: "clientTcpKeepAlive", without: noHost},
	{name: "ipReachableTimeout", without: noHost},
	{name: "peerType", without: "the server line says who observes"},
	{name: "electionPort", without: "the server line names the election port"},
	{name: "datadir.autocreate", without: "directories come into being with their first file"},
	{name: "db.autocreate", without: "snapshot.trust.empty decides about a log without a snapshot"},
	{name: "enableEagerACLCheck", without: "an ACL is checked where the request is prepared"},
	{name: "follower.skipLearnerRequestToNextProcessor", without: onlySpeed},
	{name: "forward_learner_requests_to_commit_processor_disabled", without: onlySpeed},
	{name: "DigestAuthenticationProvider.enabled", without: "the scheme digest is always there"},
	{name: "IPAuthenticationProvider.usexforwardedfor", without: noHTTP},
	{name: "allowSaslFailedClients", without: noSASL},
	{name: "ensembleAuthName", without: "the scheme ensemble is not there, so that who asks for it is refused"},
}

// refused are the keys that must not be ignored.
var refused = []key{
	{name: "secureClientPort", refuse: "TLS is not there; leave the key out, and put a TLS proxy before clientPort"},
	{name: "secureClientPortAddress", refuse: "TLS is not there; leave the key out, and put a TLS proxy before clientPort"},
	{name: "sslQuorum", refuse: "TLS between servers is not there; leave the key out, and keep the ensemble in a private network"},
	{name: "portUnification", refuse: "TLS between servers is not there; leave the key out, and keep the ensemble in a private network"},
	{name: "client.portUnification", refuse: "TLS is not there; leave the key out, and put a TLS proxy before clientPort"},
	{name: "quorum.auth.enableSasl", refuse: "SASL between servers is not there; leave the key out, and keep the ensemble in a private network"},
	{name: "quorum.auth.serverRequireSasl", refuse: "SASL between servers is not there; leave the key out, and keep the ensemble in a private network"},
	{name: "quorum.auth.learnerRequireSasl", refuse: "SASL between servers is not there; leave the key out, and keep the ensemble in a private network"},
	{name: "sessionRequireClientSASLAuth", refuse: "SASL is not there, so that no client could do anything; leave the key out"},
	{name: "enforce.auth.enabled", refuse: "authentication cannot be enforced here; leave the key out, and use ACLs of the scheme digest"},
	{name: "enforce.auth.schemes", refuse: "authentication cannot be enforced here; leave the key out, and use ACLs of the scheme digest"},
	{name: "oraclePath", refuse: "ensembles of two with an oracle are not there; use three servers, or two and groups"},
}

// lookUp finds what is known about a key.
func lookUp(name string) (key, bool) {
	for _, table := range [][]key{used, refused, withoutEffect} {
		for _, k := range table {
			if prefix, family := strings.CutSuffix(k.name, "*"); k.name == name || family && strings.HasPrefix(name, prefix) {
				return k, true
			}
		}
	}
	return key{}, false
}

// known are the names of all keys.
func known() []string {
	names := []string{"server.1", "group.1", "weight.1"}
	for _, table := range [][]key{used, refused, withoutEffect} {
		for _, k := range table {
			if !strings.HasSuffix(k.name, "*") {
				names = append(names, k.name)
			}
		}
	}
	return names
}
