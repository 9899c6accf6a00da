// Package solution is the reference solution of lesson 7.
package solution

import (
	"math/rand/v2"
	"time"

	"orrery/lessons/07-dueling-proposers"
)

// New makes the patience of a proposer.
func New() dueling.Patience { return patience{} }

type patience struct{}

// Wait is a chance in a range that doubles: sooner or later one of the two is two phases ahead of the other.
func (patience) Wait(attempt int, chance *rand.Rand) time.Duration {
	most := 20 * time.Millisecond << min(attempt, 6)
	return time.Duration(chance.Int64N(int64(most)))
}
