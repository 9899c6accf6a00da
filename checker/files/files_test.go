package files_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/files"
	"orrery/checker/guarantee"
	"orrery/checker/isolation"
	"orrery/checker/kafka"
)

func open(t testing.TB, text string) *files.File {
	t.Helper()
	f, err := files.Open(strings.NewReader(text), "h")
	require.NoError(t, err)
	return f
}

func history(t testing.TB, text string, m checker.Model) checker.History {
	t.Helper()
	h, err := open(t, text).History(m)
	require.NoError(t, err)
	return h
}

func ends(h checker.History) (out []string) {
	for i := range h {
		out = append(out, h[i].String())
	}
	return out
}

const register = `{:process 0, :type :invoke, :f :write, :value 1}
{:process 1, :type :invoke, :f :cas, :value [1 2]}
{:process 0, :type :ok, :f :write, :value 1}
{:process :nemesis, :type :info, :f :kill, :value ["n1"]}
{:process 1, :type :info, :f :cas, :value [1 2], :error :timeout}
{:process 2, :type :invoke, :f :read, :value nil}
{:process 2, :type :ok, :f :read, :value nil}
{:process 3, :type :invoke, :f :read, :value nil}
`

func TestOneHistoryIsTheSameInEveryForm(t *testing.T) {
	want := []string{"0 write register=1 [1,3] ok", "1 cas register 1⇒2 [2,5] maybe", "2 read register → unset [6,7] ok", "3 read register [8,…] maybe"}
	lines := strings.Split(strings.TrimSpace(register), "\n")
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write([]byte(register))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	for name, text := range map[string]string{
		"maps":     register,
		"vector":   "[" + register + "]",
		"list":     "(" + register + ")",
		"comments": "; a history\n#_{:not :this}\n" + register,
		"records":  "#jepsen.history.Op" + strings.Join(lines, "\n#jepsen.history.Op"),
		"marked":   "\xef\xbb\xbf" + register,
		"packed":   packed.String(),
		"json": `[{"type":"invoke","process":0,"f":"write","value":1},{"type":"invoke","process":1,"f":"cas","value":[1,2]},
			{"type":"ok","process":0,"f":"write","value":1},{"type":"info","process":"nemesis","f":"kill","value":["n1"]},
			{"type":"info","process":1,"f":"cas","value":[1,2],"error":"timeout"},{"type":"invoke","process":2,"f":"read","value":null},
			{"type":"ok","process":2,"f":"read","value":null},{"type":"invoke","process":3,"f":"read","value":null}]`,
		"log": "INFO jepsen.util - 0 :invoke :write 1\nINFO jepsen.util - 1\t:invoke\t:cas\t[1 2]\nnoise\nINFO jepsen.util - 0 :ok :write 1\n" +
			"INFO jepsen.util - :nemesis :info :kill [\"n1\"]\nINFO jepsen.util - 1 :info :cas :timed-out\n" +
			"INFO jepsen.util - 2 :invoke :read nil\nINFO jepsen.util - 2 :ok :read nil\nINFO jepsen.util - 3 :invoke :read nil\n",
	} {
		f := open(t, text)
		h, err := f.History(checker.CASRegister)
		require.NoError(t, err, name)
		require.Equal(t, want, ends(h), name)
		require.Len(t, f.Faults(), 1, name)
		require.Equal(t, `kill ["n1"]`, f.Faults()[0].Text, name)
		_, err = f.History(checker.CASRegister)
		require.Error(t, err, "a file is read once")
	}
}

func TestLogsOfSetsTellWhatOperationsAnswered(t *testing.T) {
	const log = "2 invokes add 23\n0 invokes contains 3\n2 returns true\n0 returns false\n1 invokes remove 4\n1 returns false\n"
	h := history(t, log, checker.Set)
	require.Equal(t, checker.Val("true"), h[0].Out)
	require.Equal(t, checker.Holds, checker.Linearizable(h, checker.Set, checker.Options{Floors: &checker.Floors{Ops: 1}}).Verdict)
	h = history(t, log+"0 invokes add 23\n0 returns true\n", checker.Set)
	require.Equal(t, checker.Violated, checker.Linearizable(h, checker.Set, checker.Options{}).Verdict)
}

func TestHistoriesOfOrreryAreReadBack(t *testing.T) {
	h := checker.History{{Client: "a", F: checker.Put, Key: "x", In: checker.Val("1"), Status: checker.OK, Call: 1, Ret: 2},
		{ID: 1, Client: "b", F: checker.Get, Key: "x", Out: checker.Unset, Status: checker.OK, Call: 3, Ret: 4}}
	var b bytes.Buffer
	require.NoError(t, checker.WriteHistory(&b, h))
	require.Equal(t, ends(h), ends(history(t, b.String(), checker.KV)))
	headless := b.String()[strings.Index(b.String(), "\n")+1:]
	require.Equal(t, ends(h), ends(history(t, headless, checker.KV)))

	txns := []isolation.Txn{{Process: 3, Type: isolation.OK, Mops: []isolation.Mop{isolation.Append("x", 1)}, Invoke: 1, Return: 2, Line: 2}}
	b.Reset()
	require.NoError(t, isolation.WriteHistory(&b, txns))
	again, err := open(t, b.String()).Txns()
	require.NoError(t, err)
	require.Equal(t, txns, again)

	ops := []kafka.Op{{Process: 1, F: kafka.Work, Status: checker.OK, Mops: []kafka.Mop{kafka.Send("p", 7, 3)}, Invoke: 1, Return: 2}}
	b.Reset()
	require.NoError(t, kafka.WriteHistory(&b, ops))
	read, err := open(t, b.String()).Kafka()
	require.NoError(t, err)
	require.Equal(t, ops, read)
}

func TestIndependentKeysAreTakenApart(t *testing.T) {
	h := history(t, `{:process 0 :type :invoke :f :read :value ["x" nil]} {:process 0 :type :ok :f :read :value ["x" [1 2]]}
		{:process 0 :type :invoke :f :write :value [:y [3]]} {:process 0 :type :info :f :write}`, checker.Register)
	require.Equal(t, "x", h[0].Key)
	require.Equal(t, checker.Val("[1 2]"), h[0].Out, "a register holds whatever was written, as one value")
	require.Equal(t, ":y", h[1].Key)
	require.Equal(t, checker.Val("[3]"), h[1].In)
	h = history(t, `{:process 0 :type :invoke :f :cas :value [5 [1 2]]} {:process 0 :type :fail :f :cas :value [5 [1 2]]}`, checker.CASRegister)
	require.Equal(t, "5", h[0].Key)
	require.Equal(t, checker.Fail, h[0].Status, "to Jepsen, what failed saw nothing")
}

func TestTimesOfJSONEventsCountUnlessTheyAreNumbered(t *testing.T) {
	const timed = `{"type":"invoke","process":0,"f":"write","value":1,"time":50}
{"type":"invoke","process":1,"f":"read","time":10}
{"type":"ok","process":0,"f":"write","value":1,"time":60}
{"type":"ok","process":1,"f":"read","value":1,"time":20}`
	h := history(t, timed, checker.Register)
	require.Equal(t, []int64{50, 60, 10, 20}, []int64{h[0].Call, h[0].Ret, h[1].Call, h[1].Ret})
	h = history(t, strings.ReplaceAll(timed, `"type"`, `"index":0,"type"`), checker.Register)
	require.Equal(t, []int64{1, 3, 2, 4}, []int64{h[0].Call, h[0].Ret, h[1].Call, h[1].Ret})
}

func TestTransactionsOfElleAreReadInAllTheirShapes(t *testing.T) {
	h, err := open(t, `{:index 0 :type :invoke :value [[:append 1 1] [:r 1 nil]]}
{:index 1 :type :ok :value [[:append 1 1] [:r 1 [1]]]}
{:index 2 :type :invoke :value [[:r 2 nil]]}
{:index 3 :type :ok :value [[:r 2 nil]]}`).Txns()
	require.NoError(t, err)
	require.Equal(t, []isolation.Mop{isolation.Append("1", 1), isolation.Read("1", 1)}, h[0].Mops)
	require.Equal(t, []isolation.Mop{isolation.Read("2")}, h[1].Mops, "nil is an empty list among lists")
	require.Equal(t, int64(2), h[0].Return)

	h, err = open(t, `{:type :ok :process 0 :value [[:w :x :a]]} {:type :ok :process 1 :value [[:r :x :a] [:r :y nil]]}`).Txns()
	require.NoError(t, err)
	require.Equal(t, h[0].Mops[0].Val, h[1].Mops[0].Val)
	require.True(t, h[1].Mops[1].Unset)
	require.Equal(t, h[0].Invoke, h[1].Invoke, "of ends alone no order in time is known")
}

func TestKafkaOperationsAreThoseOfJepsen(t *testing.T) {
	h, err := open(t, `{:process 0 :type :invoke :f :subscribe :value [0 1]}
{:process 0 :type :ok :f :subscribe :value [0 1]}
{:process 0 :type :invoke :f :txn :value [[:poll] [:send 1 5]]}
{:process 0 :type :ok :f :txn :value [[:poll {0 [[3 4]]}] [:send 1 [nil 5]]] :rebalance-log [{:keys [1 0]} {:keys [0]}]}
{:process 1 :type :invoke :f :debug-topic-partitions :value [0]}
{:process 1 :type :ok :f :debug-topic-partitions :value {}}
{:process 0 :type :invoke :f :send :value [[:send 0 6]]}
{:process 0 :type :info :f :send :value [[:send 0 6]] :error :timeout}
{:process 2 :type :invoke :f :crash} {:process 2 :type :info :f :crash}`).Kafka()
	require.NoError(t, err)
	require.Len(t, h, 3)
	require.Equal(t, kafka.Subscribe, h[0].F)
	require.Equal(t, []kafka.Mop{kafka.Poll("0", kafka.Record{Offset: 3, Value: 4}), kafka.Send("1", 5, kafka.NoOffset)}, h[1].Mops)
	require.Equal(t, []string{"0", "1"}, h[1].Rebalanced)
	require.Equal(t, checker.Maybe, h[2].Status)
}

func TestSmallHistoriesAreRead(t *testing.T) {
	sets, err := open(t, `{:process 0 :type :invoke :f :add :value [7 1]} {:process 0 :type :ok :f :add :value [7 1]}
{:process 0 :type :invoke :f :read :value [7 nil]} {:process 0 :type :ok :f :read :value [7 #{1}]}`).Sets()
	require.NoError(t, err)
	require.Equal(t, []string{"1"}, sets["7"][1].Seen)

	queue, drained, err := open(t, `{:process 0 :type :invoke :f :enqueue :value 1} {:process 0 :type :ok :f :enqueue :value 1}
{:process 0 :type :invoke :f :dequeue} {:process 0 :type :ok :f :dequeue :value nil}
{:process 0 :type :invoke :f :drain} {:process 0 :type :ok :f :drain :value [1]}`).Queues()
	require.NoError(t, err)
	require.True(t, drained)
	require.True(t, queue[1].Empty)
	require.Equal(t, "1", queue[2].Value)

	bank, err := open(t, `{:process 0 :type :invoke :f :read} {:process 0 :type :ok :f :read :value {1 10, 0 -5}}`).Banks()
	require.NoError(t, err)
	require.Equal(t, []guarantee.Balance{{Account: "0", Amount: -5}, {Account: "1", Amount: 10}}, bank[0].Balances)

	forks, err := open(t, `{:process 0 :type :invoke :f :txn :value [[:w 1 1]]} {:process 0 :type :ok :f :txn :value [[:w 1 1]]}
{:process 0 :type :invoke :f :txn :value [[:r 1 nil] [:r 2 nil]]} {:process 0 :type :ok :f :txn :value [[:r 1 1] [:r 2 nil]]}`).Snapshots()
	require.NoError(t, err)
	require.Equal(t, "1", forks[0].Write)
	require.Equal(t, []string{"1"}, forks[1].Seen)

	ids, err := open(t, `{:process 0 :type :invoke :f :generate} {:process 0 :type :ok :f :generate :value "a"}`).IDs()
	require.NoError(t, err)
	require.Equal(t, "a", ids[0].ID)

	counter, err := open(t, `{:process 0 :type :invoke :f :add :value -2} {:process 0 :type :ok :f :add} {:process 0 :type :invoke :f :read}
{:process 0 :type :ok :f :read :value -2}`).Counters()
	require.NoError(t, err)
	require.Equal(t, int64(-2), counter[1].Value)
}

func TestErrorsNameTheLineAndWhatWouldBeRight(t *testing.T) {
	for text, want := range map[string]string{
		"{:type :ok :process 0 :f :read :value 1}":                                 "h:1: type: want an invoke: this process has no open operation that could end, got :ok",
		"{:type :invoke\n:process 0 :f :jump}":                                     "h:1: f: want a function of an object, such as read, write, cas, enqueue or acquire, got jump",
		"{:type :begin}":                                                           "h:1: type: want invoke, ok, fail or info, got :begin",
		"\n\n{:process [1] :type :invoke :f :read}":                                "h:3: process: want the number or the name of a process, got [1]",
		"{:process 0 :type :invoke :f :cas :value 3}":                              "h:1: value: want [expected new], got 3",
		"{:process 0 :type :invoke :f :read}\n{:process 0 :type :ok :f :write}":    "h:2: f: want read, which is what the process invoked, got :write",
		"{:process 0 :type :invoke :f :read}\n{:process 0 :type :ok :f :read}":     "h:2: value: want what was seen, nil for nothing",
		"{:process 0 :type :invoke :f :write}\n{:process 0 :type :info :f :write}": "h:1: value: want the value that the write brings",
		"{:a}":                    "h:1: want a value for every key of the map, got {:a}",
		"{:a \"b":                 "h:1: want the end of the string that begins on line 1, got the end of the file",
		"[{:type :invoke} ] 3":    "h:1: want nothing behind the collection of events, got 3",
		"{:a 1x}":                 "h:1: want a number, got 1x",
		strings.Repeat("[", 1000): "h:1: want at most 100 collections in each other",
		"[1]":                     "h:1: want an event as a map with :type, :process, :f and :value, got 1",
		"{:process 0 :type :invoke :f :read :value [1 nil]} {:process 0 :type :ok :f :read :value 3}": "h:1: value: want [key value], as in the first operation of the history, got 3",
	} {
		f, err := files.Open(strings.NewReader(text), "h")
		require.NoError(t, err, text)
		_, err = f.History(checker.CASRegister)
		var syntax *checker.SyntaxError
		require.ErrorAs(t, err, &syntax, text)
		require.Contains(t, err.Error(), strings.TrimSuffix(want, ", got "), text)
	}
	_, err := files.Open(strings.NewReader("\nhello"), "h")
	require.EqualError(t, err, "h:2: want a history: JSON lines of operations or events, events in EDN, or lines of Jepsen's log, got hello")
	_, err = open(t, register).Txns()
	require.EqualError(t, err, "h:1: f: want txn, got write")
	_, err = open(t, register).ZooKeeper()
	require.EqualError(t, err, "h:1: want JSON lines of orrery-zookeeper, got a file of the form edn")
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the disk is on fire") }

func TestErrorsOfTheReaderAreNotHistories(t *testing.T) {
	_, err := files.Open(broken{}, "h")
	require.EqualError(t, err, "the disk is on fire")
}

func TestValuesOfEDNAreReadAsTheyAre(t *testing.T) {
	for text, want := range map[string]string{
		`"a\n\"\u00e9\ud83d\ude00"`: "a\n\"é😀", `+7`: "7", `-3`: "-3", `12345678901234567890N`: "12345678901234567890N", `2.50`: "2.50",
		`:k/w`: ":k/w", `\newline`: "newline", `#inst "2020"`: "2020", `true`: "true", `{:a [1 "b"]}`: `{:a [1 "b"]}`, `#{1}`: "#{1}", `1/2`: "1/2",
	} {
		h := history(t, "{:process 0 :type :invoke :f :write :value "+text+"}", checker.Register)
		require.Equal(t, checker.Val(want), h[0].In, text)
	}
}

// edn writes a history of n operations as Jepsen would.
func edn(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "{:type :invoke, :f :write, :value %d, :process %d, :time %d, :index %d}\n", i, i%10, i*1000, 2*i)
		fmt.Fprintf(&b, "{:type :ok, :f :write, :value %d, :process %d, :time %d, :index %d}\n", i, i%10, i*1000+500, 2*i+1)
	}
	return b.String()
}

func BenchmarkRead(b *testing.B) {
	const n = 20_000
	h := history(b, edn(n), checker.Register)
	var own bytes.Buffer
	require.NoError(b, checker.WriteHistory(&own, h))
	for name, text := range map[string]string{"edn": edn(n), "orrery": own.String()} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if got := history(b, text, checker.Register); len(got) != n {
					b.Fatal(len(got))
				}
			}
		})
	}
}
