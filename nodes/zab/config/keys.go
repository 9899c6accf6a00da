package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// key is one key of a zoo.cfg: it is used, or has no effect for a reason, or is refused for one.
type key struct {
	name    string
	use     func(c *Config, value string) error
	without string // why it has no effect
	refuse  string // why the server must not start with it, unless it says false
}

// used are the keys that this server obeys. Times are in milliseconds unless a unit is given here.
var used = []key{
	{name: "dataDir", use: text(func(c *Config) *string { return &c.DataDir })},
	{name: "dataLogDir", use: text(func(c *Config) *string { return &c.DataLogDir })},
	{name: "clientPort", use: number(func(c *Config) *int { return &c.ClientPort }, 0, 65535)},
	{name: "clientPortAddress", use: text(func(c *Config) *string { return &c.ClientHost })},
	{name: "4lw.commands.whitelist", use: words},
	{name: "readonlymode.enabled", use: truth(func(c *Config) *bool { return &c.ReadOnlyMode })},
	{name: "tickTime", use: millis(func(c *Config) *time.Duration { return &c.TickTime }, 1)},
	{name: "initLimit", use: number(func(c *Config) *int { return &c.InitLimit }, 1, 1<<31-1)},
	{name: "syncLimit", use: number(func(c *Config) *int { return &c.SyncLimit }, 1, 1<<31-1)},
	{name: "connectToLearnerMasterLimit", use: number(func(c *Config) *int { return &c.ConnectLimit }, 0, 1<<31-1)},
	{name: "quorumListenOnAllIPs", use: truth(func(c *Config) *bool { return &c.ListenOnAll })},
	{name: "leaderServes", use: yesNo(func(c *Config) *bool { return &c.LeaderServes })},
	{name: "standaloneEnabled", use: truth(func(c *Config) *bool { return &c.Standalone })},
	{name: "reconfigEnabled", use: truth(func(c *Config) *bool { return &c.Reconfig })},
	{name: "multiAddress.enabled", use: truth(func(c *Config) *bool { return &c.MultiAddress })},
	{name: "dynamicConfigFile", use: text(func(c *Config) *string { return &c.DynamicFile })},
	{name: "minSessionTimeout", use: millis(func(c *Config) *time.Duration { return &c.MinSession }, -1)},
	{name: "maxSessionTimeout", use: millis(func(c *Config) *time.Duration { return &c.MaxSession }, -1)},
	{name: "maxClientCnxns", use: number(func(c *Config) *int { return &c.MaxClientConns }, 0, 1<<31-1)},
	{name: "maxCnxns", use: number(func(c *Config) *int { return &c.MaxConns }, 0, 1<<31-1)},
	{name: "globalOutstandingLimit", use: number(func(c *Config) *int { return &c.GlobalOutstanding }, 1, 1<<31-1)},
	{name: "jute.maxbuffer", use: number(func(c *Config) *int { return &c.MaxBuffer }, 1, 1<<31-1)},
	{name: "localSessionsEnabled", use: truth(func(c *Config) *bool { return &c.LocalSessions })},
	{name: "localSessionsUpgradingEnabled", use: truth(func(c *Config) *bool { return &c.LocalUpgrading })},
	{name: "snapCount", use: number(func(c *Config) *int { return &c.SnapCount }, 2, 1<<31-1)},
	{name: "snapSizeLimitInKb", use: kilobytes(func(c *Config) *int64 { return &c.SnapSizeLimit })},
	{name: "txnLogSizeLimitInKb", use: kilobytes(func(c *Config) *int64 { return &c.TxnLogSizeLimit })},
	{name: "preAllocSize", use: kilobytes(func(c *Config) *int64 { return &c.PreAllocSize })},
	{name: "autopurge.snapRetainCount", use: number(func(c *Config) *int { return &c.SnapRetain }, 0, 1<<31-1)},
	{name: "autopurge.purgeInterval", use: purgeInterval},
	{name: "forceSync", use: yesNo(func(c *Config) *bool { return &c.ForceSync })},
	{name: "syncEnabled", use: truth(func(c *Config) *bool { return &c.SyncEnabled })},
	{name: "observer.syncEnabled", use: truth(func(c *Config) *bool { return &c.SyncEnabled })},
	{name: "snapshot.trust.empty", use: truth(func(c *Config) *bool { return &c.TrustEmptySnapshot })},
	{name: "maxBatchSize", use: number(func(c *Config) *int { return &c.MaxBatch }, 1, 1<<31-1)},
	{name: "flushDelay", use: millis(func(c *Config) *time.Duration { return &c.FlushDelay }, 0)},
	{name: "commitLogCount", use: number(func(c *Config) *int { return &c.CommitLogCount }, 1, 1<<31-1)},
	{name: "snapshotSizeFactor", use: perMillion(func(c *Config) *int64 { return &c.SnapSizePPM })},
	{name: "forceSnapshotSync", use: truth(func(c *Config) *bool { return &c.ForceSnapshotSync })},
	{name: "digest.enabled", use: truth(func(c *Config) *bool { return &c.Digest })},
	{name: "testingonly.initialZxid", use: zxid},
	{name: "fastleader.minNotificationInterval", use: millis(func(c *Config) *time.Duration { return &c.NotificationMin }, 1)},
	{name: "fastleader.maxNotificationInterval", use: millis(func(c *Config) *time.Duration { return &c.NotificationMax }, 1)},
	{name: "cnxTimeout", use: millis(func(c *Config) *time.Duration { return &c.ConnectTimeout }, 1)},
	{name: "leader.maxTimeToWaitForEpoch", use: millis(func(c *Config) *time.Duration { return &c.MaxTimeForEpoch }, -1)},
	{name: "znode.container.checkIntervalMs", use: millis(func(c *Config) *time.Duration { return &c.ContainerCheck }, 1)},
	{name: "znode.container.maxPerMinute", use: number(func(c *Config) *int { return &c.ContainerPerMin }, 1, 1<<31-1)},
	{name: "znode.container.maxNeverUsedIntervalMs", use: millis(func(c *Config) *time.Duration { return &c.ContainerUnused }, 0)},
	{name: "DigestAuthenticationProvider.superDigest", use: text(func(c *Config) *string { return &c.SuperDigest })},
	{name: "DigestAuthenticationProvider.digestAlg", use: text(func(c *Config) *string { return &c.DigestAlgorithm })},
	{name: "skipACL", use: yesNo(func(c *Config) *bool { return &c.SkipACL })},
	{name: "enforceQuota", use: truth(func(c *Config) *bool { return &c.EnforceQuota })},
	{name: "extendedTypesEnabled", use: truth(func(c *Config) *bool { return &c.ExtendedTypes })},
	{name: "emulate353TTLNodes", use: truth(func(c *Config) *bool { return &c.Emulate353TTL })},
	{name: "closeSessionTxn.enabled", use: truth(func(c *Config) *bool { return &c.CloseSessionTxn })},
}

func text(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		if v == "" {
			return errors.New("has no value")
		}
		*field(c) = v
		return nil
	}
}

func number(field func(*Config) *int, low, high int) func(*Config, string) error {
	return func(c *Config, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < low || n > high {
			return fmt.Errorf("%q is out of place; want a whole number from %d to %d", v, low, high)
		}
		*field(c) = n
		return nil
	}
}

func millis(field func(*Config) *time.Duration, low int64) func(*Config, string) error {
	return func(c *Config, v string) error {
		n, err := strconv.ParseInt(v, 10, 32)
		if err != nil || n < low {
			return fmt.Errorf("%q is out of place; want milliseconds, from %d to %d", v, low, 1<<31-1)
		}
		*field(c) = time.Duration(n) * time.Millisecond
		return nil
	}
}

func kilobytes(field func(*Config) *int64) func(*Config, string) error {
	return func(c *Config, v string) error {
		n, err := strconv.ParseInt(v, 10, 41)
		if err != nil || n < -1 || n == 0 {
			return fmt.Errorf("%q is out of place; want KiB, from 1 on", v)
		}
		*field(c) = max(n<<10, -1)
		return nil
	}
}

func truth(field func(*Config) *bool) func(*Config, string) error {
	return func(c *Config, v string) error {
		b, err := isTrue(v)
		if err == nil {
			*field(c) = b
		}
		return err
	}
}

func isTrue(v string) (bool, error) {
	switch strings.ToLower(v) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%q is out of place; want true or false", v)
}

func yesNo(field func(*Config) *bool) func(*Config, string) error {
	return func(c *Config, v string) error {
		switch strings.ToLower(v) {
		case "yes", "true":
			*field(c) = true
		case "no", "false":
			*field(c) = false
		default:
			return fmt.Errorf("%q is out of place; want yes or no", v)
		}
		return nil
	}
}

// perMillion reads a decimal number with at most six digits behind the point, with no floating point on the way.
func perMillion(field func(*Config) *int64) func(*Config, string) error {
	return func(c *Config, v string) error {
		digits, negative := strings.CutPrefix(v, "-")
		whole, fraction, _ := strings.Cut(digits, ".")
		n, err := strconv.ParseUint("0"+whole+(fraction + "000000")[:6], 10, 62)
		if err != nil || len(fraction) > 6 || whole+fraction == "" {
			return fmt.Errorf("%q is out of place; want a decimal number like 0.33, or -1", v)
		}
		*field(c) = int64(n)
		if negative {
			*field(c) = -int64(n)
		}
		return nil
	}
}

func words(c *Config, v string) error {
	c.Commands = nil
	for w := range strings.SplitSeq(v, ",") {
		if w = strings.TrimSpace(w); w != "" {
			c.Commands = append(c.Commands, w)
		}
	}
	return nil
}

// purgeInterval is in hours, unless a unit is given: ms, s, m, h, d (ZOOKEEPER-4239).
func purgeInterval(c *Config, v string) error {
	units := []struct {
		suffix string
		unit   time.Duration
	}{{"ms", time.Millisecond}, {"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}, {"d", 24 * time.Hour}, {"", time.Hour}}
	for _, u := range units {
		if digits, ok := strings.CutSuffix(strings.ToLower(v), u.suffix); ok {
			n, err := strconv.ParseInt(digits, 10, 16)
			if u.unit <= time.Minute {
				n, err = strconv.ParseInt(digits, 10, 32)
			}
			if err != nil || n < 0 {
				break
			}
			c.PurgeInterval = time.Duration(n) * u.unit
			return nil
		}
	}
	return fmt.Errorf("%q is out of place; want hours, or a number with ms, s, m, h or d behind it", v)
}

func zxid(c *Config, v string) error {
	n, err := strconv.ParseInt(v, 0, 64)
	if err != nil || n < 0 {
		return fmt.Errorf("%q is no zxid; want a number like 0x1fffffff0", v)
	}
	c.InitialZxid = n
	return nil
}
