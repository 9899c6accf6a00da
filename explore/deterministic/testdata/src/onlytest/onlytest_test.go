package onlytest

import (
	"testing"
	"time"

	"orrery/nodes"
)

type toy struct{ nodes.Node }

func TestToy(t *testing.T) {
	_ = toy{}
	_ = time.Now()
	go Now()
}
