package guarantee

import (
	"fmt"
	"slices"
	"strings"
)

// Names are the names of an enumeration, as history files spell them, and what one of its values is called. The value 0
// is none of them, and its name is "none".
type Names struct {
	What string
	Of   []string
}

// String is the name of a value, or its number where it has none.
func (n Names) String(value uint8) string {
	if int(value) >= len(n.Of) {
		return fmt.Sprintf("%s(%d)", n.What, value)
	}
	return n.Of[value]
}

// Text is MarshalText for a value of the enumeration.
func (n Names) Text(value uint8) ([]byte, error) {
	if value < 1 || int(value) >= len(n.Of) {
		return nil, fmt.Errorf("no %s %d: want 1 to %d", n.What, value, len(n.Of)-1)
	}
	return []byte(n.Of[value]), nil
}

// ReadName is UnmarshalText for a value of the enumeration.
func ReadName[E ~uint8](into *E, n Names, text []byte) error {
	i := slices.Index(n.Of, string(text))
	if i < 1 {
		return fmt.Errorf("no %s %q: want one of %s", n.What, text, strings.Join(n.Of[1:], ", "))
	}
	*into = E(i)
	return nil
}
