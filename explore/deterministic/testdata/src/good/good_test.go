package good

import (
	"testing"
	"time"
)

func TestNode(t *testing.T) {
	start := time.Now()
	go func() { _ = time.Since(start) }()
	for id := range (&Node{}).peers {
		t.Log(id)
	}
}
