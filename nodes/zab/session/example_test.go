package session_test

import (
	"fmt"
	"time"

	"orrery/nodes/zab/session"
)

// A leader expires what nobody has heard of.
func Example() {
	cfg := session.Config{Tick: 2 * time.Second, NextID: session.FirstID(1, 1_700_000_000_000)}
	l := session.NewLeader(cfg, 1, false, nil, 0)
	quiet, _ := l.Create(6*time.Second, 0)
	lively, _ := l.Create(6*time.Second, 0)
	l.Touch(lively, 6*time.Second, 5*time.Second)
	for _, id := range l.Expire(8 * time.Second) {
		fmt.Printf("%#x expires: %t\n", id, id == quiet)
	}
	fmt.Println(l.Check(quiet, 1), l.Check(lively, 1))
	// Output:
	// 0x18bcfe568000000 expires: true
	// SESSIONEXPIRED OK
}
