package files_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/files"
)

// readers are all that can be asked of a file; each returns how many operations it read.
var readers = []func(f *files.File) (int, error){
	func(f *files.File) (int, error) { h, err := f.History(checker.KV); return len(h), err },
	func(f *files.File) (int, error) { h, err := f.History(checker.Set); return len(h), err },
	func(f *files.File) (int, error) { h, err := f.Txns(); return len(h), err },
	func(f *files.File) (int, error) { h, err := f.Kafka(); return len(h), err },
	func(f *files.File) (int, error) { h, err := f.Sets(); return len(h), err },
	func(f *files.File) (int, error) { h, _, err := f.Queues(); return len(h), err },
	func(f *files.File) (int, error) { h, err := f.Banks(); return len(h), err },
	func(f *files.File) (int, error) { h, err := f.Snapshots(); return len(h), err },
	func(f *files.File) (int, error) { h, err := f.Counters(); return len(h), err },
	func(f *files.File) (int, error) { h, err := f.ZooKeeper(); return len(h.Ops), err },
}

func fuzzed(f *testing.F, seeds ...string) {
	for _, s := range seeds {
		for i := range readers {
			f.Add(s, uint8(i))
		}
	}
	f.Fuzz(func(t *testing.T, text string, which uint8) {
		file, err := files.Open(strings.NewReader(text), "f")
		if err == nil {
			_, err = readers[int(which)%len(readers)](file)
		}
		if err != nil {
			require.False(t, strings.ContainsAny(err.Error(), "\n\r"), "%q", err)
		}
	})
}

// FuzzEDN asks that no file makes a reader of EDN panic, and that every error is one line.
func FuzzEDN(f *testing.F) {
	fuzzed(f, register, "["+register+"]", `{:type :invoke :process 0 :f :txn :value [[:append 1 1] [:r 1 nil]]} {:type :ok :process 0 :f :txn :value [[:append 1 1] [:r 1 [1]]]}`,
		`{:process 0 :type :invoke :f :poll :value [[:poll]]} {:process 0 :type :ok :f :poll :value [[:poll {0 [[1 2]]}]]}`,
		`{:process 0 :type :invoke :f :read :value nil} {:process 0 :type :ok :f :read :value #{1 2}}`, `#a #_b {`, `\`, `"\ud800`)
}

// FuzzJSON asks the same of JSON, of operations and events.
func FuzzJSON(f *testing.F) {
	fuzzed(f, `{"type":"invoke","process":0,"f":"write","value":[1,[2]],"time":1}`, `[{"type":"ok","process":"a","value":[["w","x",1]]}]`,
		`{"format":"orrery-history","version":1}`+"\n"+`{"id":0,"client":"a","f":"get","key":"x","out":null,"call":1,"ret":2,"status":"ok"}`,
		`{"id":0,"process":0,"type":"ok","mops":[["r","x",null]],"invoke":1,"return":2}`, `{"format":7}`, `{"":`, "{\"a\":\n")
}

// FuzzLog asks the same of lines of a log.
func FuzzLog(f *testing.F) {
	fuzzed(f, "INFO jepsen.util - 0 :invoke :write 1\nINFO jepsen.util - 0 :ok :write 1\n", "0 :info :read :timed-out extra", "- :nemesis :info :kill {")
}
