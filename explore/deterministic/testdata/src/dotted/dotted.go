package dotted

import (
	. "math/rand/v2"
	clock "time"

	"orrery/nodes"
)

type node struct{ nodes.Node }

func bad() {
	_ = clock.Now() // want `time.Now`
	_ = IntN(3)     // want `rand.IntN`
	_ = New(NewPCG(1, 2))
}
