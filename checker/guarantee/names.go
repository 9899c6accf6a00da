package guarantee

import (
	"fmt"
	"slices"
	"strings"
)

// NameText is MarshalText for enumerations whose values from 1 on have names; what is value 0 is none.
func NameText(what string, names []string, value int) ([]byte, error) {
	if value < 1 || value >= len(names) {
		return nil, fmt.Errorf("no %s %d: want 1 to %d", what, value, len(names)-1)
	}
	return []byte(names[value]), nil
}

// ParseName is UnmarshalText for them.
func ParseName(what string, names []string, text []byte) (int, error) {
	if i := slices.Index(names, string(text)); i > 0 {
		return i, nil
	}
	return 0, fmt.Errorf("no %s %q: want one of %s", what, text, strings.Join(names[1:], ", "))
}
