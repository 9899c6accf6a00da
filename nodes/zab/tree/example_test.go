package tree_test

import (
	"fmt"

	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/tree"
)

// A tree changes by transactions, and says what watches have seen.
func Example() {
	t := tree.New(tree.Config{})
	reader := tree.Reader{Conn: 42}
	_, code := t.Exists(reader, "/config", true)
	fmt.Println(code)

	res := t.Apply(&proto.TxnHeader{Zxid: 1, Type: proto.OpCreate}, &proto.CreateTxn{Path: "/config", Data: []byte("a=1"), ParentCVersion: 1})
	for _, e := range res.Events {
		fmt.Println("tell", e.Conn, e.Type, e.Path)
	}
	data, stat, _ := t.GetData(reader, "/config", false)
	fmt.Printf("%s, created by %d\n", data, stat.Czxid)
	// Output:
	// NONODE
	// tell 42 NodeCreated /config
	// a=1, created by 1
}

// A snapshot is taken one znode after the other, while transactions go on.
func ExampleWalk() {
	t := tree.New(tree.Config{})
	create := func(zxid int64, path string) {
		t.Apply(&proto.TxnHeader{Zxid: zxid, Type: proto.OpCreate}, &proto.CreateTxn{Path: path, ParentCVersion: -1})
	}
	create(1, "/a")
	w := t.Walk()
	defer w.Close()
	for zxid := int64(2); ; zxid++ {
		path, e, ok := w.Next()
		if !ok {
			break
		}
		fmt.Printf("%q at pzxid %d\n", path, e.Stat.Pzxid)
		create(zxid, fmt.Sprintf("/a/%d", zxid))
	}
	fmt.Println("replay from", w.Zxid())
	// Output:
	// "" at pzxid 1
	// "/zookeeper" at pzxid 0
	// "/zookeeper/quota" at pzxid 0
	// "/zookeeper/config" at pzxid 0
	// "/a" at pzxid 5
	// "/a/2" at pzxid 2
	// "/a/3" at pzxid 3
	// "/a/4" at pzxid 4
	// "/a/5" at pzxid 5
	// replay from 1
}
