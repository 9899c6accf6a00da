package zookeeper_test

import (
	"fmt"

	"orrery/checker"
	"orrery/checker/zookeeper"
)

// A client reconnects to a server that is behind, and its session goes back in time.
func Example() {
	h := zookeeper.History{Ops: []zookeeper.Op{
		{Session: 1, Xid: 1, Kind: zookeeper.Create, Path: "/config", Data: "v1", Created: "/config", Status: checker.OK, Zxid: 0x100000001, Invoke: 1, Return: 2},
		{Session: 1, Xid: 2, Kind: zookeeper.SetData, Path: "/config", Data: "v2", Version: zookeeper.AnyVersion, Status: checker.OK, Zxid: 0x100000002, Invoke: 3, Return: 4},
		{Session: 1, Xid: 3, Conn: 1, Kind: zookeeper.GetData, Path: "/config", Got: "v1", Status: checker.OK, Zxid: 0x100000001, Invoke: 5, Return: 6},
	}}
	r := zookeeper.Check(h, zookeeper.Options{})
	fmt.Println(r.Verdict)
	fmt.Println(r.Reason)
	// Output:
	// violated
	// went-back: session 0x1 was at 0x100000002 with set /config="v2", and then at 0x100000001 with get /config
}
