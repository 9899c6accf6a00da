package sim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestADiffOfStatesKeepsEveryDigit(t *testing.T) {
	require.Equal(t, "value: 9964832307648786433 → 9964832307648786434",
		stateDiff(`{"slot":1,"value":9964832307648786433}`, `{"slot":1,"value":9964832307648786434}`))
}

func TestADiffOfStatesNamesPathsInOrder(t *testing.T) {
	require.Equal(t, `a.x: 1 → null; a.y: null → "z"; b: [1] → [1,2]`,
		stateDiff(`{"b":[1],"a":{"x":1}}`, `{"a":{"y":"z"},"b":[1,2]}`))
	require.Equal(t, "not JSON", stateDiff(`{}`, "not JSON"))
	require.Equal(t, `{"a":1}`, stateDiff("", `{"a":1}`), "the first state is told as a whole")
}
