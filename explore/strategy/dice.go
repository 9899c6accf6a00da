package strategy

import (
	"math/rand/v2"
	"time"

	"orrery/trace"
)

// dice are the draws by which a strategy makes one execution: a function of the campaign's seed,
// of who draws, and of the number of the execution.
type dice struct{ *rand.Rand }

func newDice(seed uint64, who string, n uint64) dice {
	return dice{rand.New(rand.NewPCG(trace.Mix(seed, trace.String(who)), n))}
}

// percent is true for so many of a hundred.
func (d dice) percent(p int) bool { return d.IntN(100) < p }

// between is a duration between lo and hi, as likely between 1 and 2 ms as between 100 and
// 200 ms.
func (d dice) between(lo, hi time.Duration) time.Duration {
	lo = max(lo, 1)
	octaves := 0
	for lo<<(octaves+1) <= hi {
		octaves++
	}
	from := lo << d.IntN(octaves+1)
	return min(from+time.Duration(d.Int64N(int64(from))), max(hi, lo))
}

// oneOf is one of some things.
func oneOf[T any](d dice, things ...T) T { return things[d.IntN(len(things))] }
