package random

import (
	crypto "crypto/rand"
	"hash/crc32"
	"hash/maphash"
	old "math/rand"
	"math/rand/v2"

	"orrery/nodes"
)

type node struct {
	nodes.Node
	rng *rand.Rand
}

func (n *node) bad(p []byte) {
	_ = rand.IntN(3)                                // want `rand.IntN reaches outside the universe; use Env.Rand`
	rand.Shuffle(2, func(i, j int) {})              // want `rand.Shuffle`
	_ = rand.N(3)                                   // want `rand.N`
	old.Seed(1)                                     // want `rand.Seed`
	_ = old.Intn(3)                                 // want `rand.Intn`
	_, _ = crypto.Read(p)                           // want `rand.Read`
	_ = crypto.Reader                               // want `rand.Reader`
	var h maphash.Hash                              // want `maphash.Hash reaches outside the universe; use hash/fnv`
	_, _ = h.Write(p)                               // its declaration is reported
	f := []func() uint64{rand.Uint64, n.rng.Uint64} // want `rand.Uint64`
	_ = f
}

func (n *node) good(env nodes.Env, p []byte) {
	_ = env.Rand().IntN(3)
	n.rng = rand.New(rand.NewPCG(1, env.Rand().Uint64()))
	_ = old.New(old.NewSource(1)).Intn(3)
	_ = crc32.ChecksumIEEE(p)
}
