package deterministic

import (
	"slices"
	"strings"
)

// ban keeps a node from a package, or from some of its names.
type ban struct {
	category string
	pkg      string   // import path; "os/..." is the tree
	names    []string // these names only; nil bans all
	but      []string // with names nil: these are fine
	instead  string   // what to use, and why
}

const (
	insteadEnvNow = "use Env.Now or Env.Monotonic, this machine's own clocks, which drift, step and lie"
	insteadTimer  = "use Env.SetTimer and return: Fire comes when this machine's clock gets there"
	insteadZone   = "use UTC: the host's time zone must not show in a run"
	insteadRand   = "use Env.Rand, this machine's own stream"
	insteadDisk   = "use Env.Disk for files and fields of the node for settings: the host's differ from run to run"
	insteadNet    = "use Env.Send, Env.Dial and Env.Listen: only there can a message be lost"
	insteadFields = "use plain fields: a handler runs alone and to its end, so there is nothing to lock or wait for"
	insteadCancel = "use Env.SetTimer and a field that says what is awaited: a deadline of the host's means nothing in virtual time"
	insteadValue  = "use the value itself: addresses differ from run to run"
	insteadStable = "use hash/fnv or hash/crc32: maphash is seeded anew in each process"
	insteadNoGo   = "take it away: scheduler, collector and machine must not be able to show in a run"
)

// seededRand are the names of math/rand and math/rand/v2 that draw from a source which was given to them.
var seededRand = []string{"New", "NewPCG", "NewChaCha8", "NewSource", "NewZipf",
	"Rand", "PCG", "ChaCha8", "Source", "Source64", "Zipf"}

// fileWords are the names of os that say something about files and read none.
var fileWords = []string{"ErrNotExist", "ErrExist", "ErrPermission", "ErrInvalid", "ErrClosed", "IsNotExist", "IsExist",
	"FileMode", "FileInfo", "DirEntry", "PathError", "LinkError", "SyscallError", "ModePerm", "ModeDir",
	"O_RDONLY", "O_WRONLY", "O_RDWR", "O_APPEND", "O_CREATE", "O_EXCL", "O_SYNC", "O_TRUNC"}

// addressWords are the names of net that only take addresses apart.
var addressWords = []string{"IP", "IPNet", "IPMask", "ParseIP", "ParseCIDR", "ParseMAC", "IPv4", "IPv4Mask", "CIDRMask",
	"HardwareAddr", "JoinHostPort", "SplitHostPort", "Addr", "TCPAddr", "UDPAddr", "IPAddr", "Error", "ErrClosed"}

// bans lists the ways around the Env.
var bans = []ban{
	{category: clock, pkg: "time", names: []string{"Now", "Since", "Until"}, instead: insteadEnvNow},
	{category: clock, pkg: "time", names: []string{"Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}, instead: insteadTimer},
	{category: clock, pkg: "time", names: []string{"Local", "LoadLocation", "ParseInLocation"}, instead: insteadZone},

	{category: random, pkg: "math/rand", but: seededRand, instead: insteadRand},
	{category: random, pkg: "math/rand/v2", but: seededRand, instead: insteadRand},
	{category: random, pkg: "golang.org/x/exp/rand", but: seededRand, instead: insteadRand},
	{category: random, pkg: "crypto/rand", instead: insteadRand},
	{category: random, pkg: "hash/maphash", instead: insteadStable},
	{category: random, pkg: "github.com/google/uuid",
		names:   []string{"New", "NewString", "NewUUID", "NewRandom", "NewV6", "NewV7"},
		instead: "use uuid.NewRandomFromReader on bytes of Env.Rand"},

	{category: concurrency, pkg: "sync/...", instead: insteadFields},
	{category: concurrency, pkg: "golang.org/x/sync/...", instead: insteadFields},
	{category: concurrency, pkg: "context", but: []string{"Context", "Background", "TODO", "WithValue", "Canceled", "DeadlineExceeded"},
		instead: insteadCancel},

	{category: host, pkg: "os", names: []string{"Exit"}, instead: "use Env.Halt, which ends this machine's process and no other"},
	{category: host, pkg: "os", but: fileWords, instead: insteadDisk},
	{category: host, pkg: "os/...", instead: insteadDisk},
	{category: host, pkg: "syscall", instead: insteadDisk},
	{category: host, pkg: "golang.org/x/sys/...", instead: insteadDisk},
	{category: host, pkg: "io/ioutil", names: []string{"ReadFile", "WriteFile", "ReadDir", "TempFile", "TempDir"}, instead: insteadDisk},
	{category: host, pkg: "path/filepath", names: []string{"Abs", "EvalSymlinks", "Glob", "Walk", "WalkDir"}, instead: insteadDisk},
	{category: host, pkg: "fmt", names: []string{"Scan", "Scanf", "Scanln"}, instead: insteadDisk},
	{category: host, pkg: "flag", names: []string{"Parse", "Args", "Arg", "NArg", "CommandLine"}, instead: insteadDisk},
	{category: host, pkg: "net", but: addressWords, instead: insteadNet},
	{category: host, pkg: "net/http/...", instead: insteadNet},
	{category: host, pkg: "net/rpc/...", instead: insteadNet},
	{category: host, pkg: "net/smtp", instead: insteadNet},
	{category: host, pkg: "google.golang.org/grpc", instead: insteadNet},
	{category: host, pkg: "runtime", but: []string{"Caller", "Callers", "CallersFrames", "Frame", "Frames", "Func", "FuncForPC",
		"Error", "KeepAlive", "Version", "Compiler"}, instead: insteadNoGo},
	{category: host, pkg: "runtime/debug", but: []string{"Stack", "PrintStack"}, instead: insteadNoGo},
	{category: host, pkg: "runtime/metrics", instead: insteadNoGo},
	{category: host, pkg: "weak", instead: insteadNoGo},
	{category: host, pkg: "testing/synctest", instead: insteadNoGo},

	{category: address, pkg: "unsafe", instead: insteadValue},
}

// method is a ban of a method, wherever its receiver comes from.
type method struct {
	pkg, recv string // recv is the name of the receiver's type, without a star
	names     []string
	category  string
	instead   string
}

// methods lists the methods that lead around the Env.
var methods = []method{
	{"time", "Time", []string{"Local"}, clock, insteadZone},
	{"time", "Timer", []string{"Reset", "Stop"}, clock, insteadTimer},
	{"time", "Ticker", []string{"Reset", "Stop"}, clock, insteadTimer},
	{"sync", "Map", []string{"Range"}, mapOrder, "use a plain map, and range over slices.Sorted(maps.Keys(m))"},
	{"reflect", "Value", []string{"MapRange"}, mapOrder, "use MapKeys, and sort them"},
	{"reflect", "Value", []string{"Pointer", "UnsafePointer", "UnsafeAddr"}, address, insteadValue},
	{"reflect", "Value", []string{"Send", "Recv", "TrySend", "TryRecv"}, concurrency, insteadFields},
}

// banOf returns the ban on a name of a package.
func banOf(pkg, name string) (ban, bool) {
	for _, b := range bans {
		if !b.covers(pkg) {
			continue
		}
		if b.names != nil && slices.Contains(b.names, name) || b.names == nil && !slices.Contains(b.but, name) {
			return b, true
		}
		if b.names == nil {
			return ban{}, false // the first ban that covers all of a package decides
		}
	}
	return ban{}, false
}

// covers reports whether the ban concerns the package.
func (b ban) covers(pkg string) bool {
	if top, tree := strings.CutSuffix(b.pkg, "/..."); tree {
		return pkg == top || strings.HasPrefix(pkg, top+"/")
	}
	return b.pkg == pkg
}
