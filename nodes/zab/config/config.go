package config

import (
	"slices"
	"strings"
	"time"
)

// Config is what one server is told. What its zoo.cfg does not say has ZooKeeper's own
// default, see [Default]. Behind each field stands its key, where the name does not say it.
type Config struct {
	DataDir    string // of snapshots, myid and the epoch files
	DataLogDir string // of transaction logs; DataDir if the file names none

	ClientPort   int      // 0 if nobody names one; then no client can connect
	ClientHost   string   // clientPortAddress: the interface that clients connect to; AnyHost for all
	Commands     []string // 4lw.commands.whitelist: the four-letter words that are answered; "*" for all
	ReadOnlyMode bool     // readonlymode.enabled: whether reads are served without a quorum

	TickTime     time.Duration
	InitLimit    int  // in ticks: how long a learner may take to connect and to catch up
	SyncLimit    int  // in ticks: how far it may lag behind afterwards
	ConnectLimit int  // connectToLearnerMasterLimit, in ticks; 0 means SyncLimit
	ListenOnAll  bool // quorumListenOnAllIPs
	LeaderServes bool // whether the leader accepts clients
	Standalone   bool // standaloneEnabled: one server alone is no ensemble
	Reconfig     bool // reconfigEnabled
	MultiAddress bool // multiAddress.enabled: a server line may name several addresses
	DynamicFile  string
	// Quorum are the members: none in a standalone server, nil as long as DynamicFile is not read.
	Quorum *Quorum

	MinSession        time.Duration // minSessionTimeout; two ticks if the file does not say
	MaxSession        time.Duration // maxSessionTimeout; twenty ticks
	MaxClientConns    int           // maxClientCnxns: of one client address; 0 means no bound
	MaxConns          int           // maxCnxns: of all together; 0 means no bound
	GlobalOutstanding int           // globalOutstandingLimit: requests in the server before clients are throttled
	MaxBuffer         int           // jute.maxbuffer: of a request and of a node, in bytes
	LocalSessions     bool          // localSessionsEnabled
	LocalUpgrading    bool          // localSessionsUpgradingEnabled

	SnapCount          int           // transactions between two snapshots
	SnapSizeLimit      int64         // snapSizeLimitInKb, in bytes of log between two snapshots
	TxnLogSizeLimit    int64         // txnLogSizeLimitInKb, in bytes of a log file; -1 means no bound
	PreAllocSize       int64         // in bytes, by which a log file grows; in the file in KiB
	SnapRetain         int           // autopurge.snapRetainCount: how many snapshots a purge keeps, at least 3
	PurgeInterval      time.Duration // autopurge.purgeInterval; 0 means that nothing is purged
	ForceSync          bool          // whether transactions are synced before they are acknowledged
	SyncEnabled        bool          // whether an observer logs and takes snapshots
	TrustEmptySnapshot bool          // snapshot.trust.empty (ZOOKEEPER-2325)
	MaxBatch           int           // maxBatchSize: transactions before a sync is forced
	FlushDelay         time.Duration // how long a sync may wait for company
	CommitLogCount     int           // committed proposals kept in memory for learners
	SnapSizePPM        int64         // snapshotSizeFactor, per million; negative means that learners never get log files
	ForceSnapshotSync  bool
	Digest             bool  // digest.enabled: transactions carry the tree's digest
	InitialZxid        int64 // testingonly.initialZxid: where an empty server begins to count

	NotificationMin time.Duration // fastleader.minNotificationInterval
	NotificationMax time.Duration // fastleader.maxNotificationInterval
	ConnectTimeout  time.Duration // cnxTimeout: of a dial to a peer's election port
	MaxTimeForEpoch time.Duration // leader.maxTimeToWaitForEpoch; negative means initLimit alone (ZOOKEEPER-3109)

	ContainerCheck  time.Duration // znode.container.checkIntervalMs: how often empty containers are looked for
	ContainerPerMin int           // znode.container.maxPerMinute: how many are deleted in a minute
	ContainerUnused time.Duration // znode.container.maxNeverUsedIntervalMs; 0 means that unused ones stay
	SuperDigest     string        // DigestAuthenticationProvider.superDigest: "user:base64"; "" if there is no super user
	DigestAlgorithm string        // DigestAuthenticationProvider.digestAlg
	SkipACL         bool
	EnforceQuota    bool
	ExtendedTypes   bool // extendedTypesEnabled: TTL nodes are allowed
	Emulate353TTL   bool // emulate353TTLNodes: and encoded as 3.5.3 did
	CloseSessionTxn bool // closeSessionTxn.enabled: closing a session names its paths (ZOOKEEPER-3145)

	Notes []string // what was accepted without effect, and why, a line each

	file string
}

// minRetain is how many snapshots are kept at least: PurgeTxnLog refuses fewer.
const minRetain = 3

// unset stands for a time that the file does not give.
const unset = -time.Millisecond

// Default is a server whose zoo.cfg says nothing.
func Default() Config {
	return Config{
		ClientHost: AnyHost, Commands: []string{"srvr"},
		TickTime: 3 * time.Second, LeaderServes: true, Standalone: true,
		MinSession: unset, MaxSession: unset, MaxClientConns: 60, GlobalOutstanding: 1000, MaxBuffer: 0xfffff,
		SnapCount: 100000, SnapSizeLimit: 4 << 30, TxnLogSizeLimit: -1, PreAllocSize: 64 << 20, SnapRetain: minRetain,
		ForceSync: true, SyncEnabled: true, MaxBatch: 1000, CommitLogCount: 500, SnapSizePPM: 330_000, Digest: true,
		NotificationMin: 200 * time.Millisecond, NotificationMax: time.Minute, ConnectTimeout: 5 * time.Second, MaxTimeForEpoch: unset,
		ContainerCheck: time.Minute, ContainerPerMin: 10000, CloseSessionTxn: true, DigestAlgorithm: "SHA1",
	}
}

// Distributed tells whether this is a member of an ensemble, and not a server of its own.
func (c *Config) Distributed() bool {
	return c.Quorum != nil && (!c.Standalone || len(c.Quorum.Voters()) > 1)
}

// Whitelisted tells whether a four-letter word is answered.
func (c *Config) Whitelisted(word string) bool {
	return slices.Contains(c.Commands, "*") || slices.Contains(c.Commands, strings.TrimSpace(word))
}
