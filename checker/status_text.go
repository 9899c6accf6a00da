package checker

import (
	"fmt"
	"slices"
)

// MarshalText spells the status as history files do.
func (s Status) MarshalText() ([]byte, error) {
	if s >= statusEnd {
		return nil, fmt.Errorf("checker: no status %d", uint8(s))
	}
	return []byte(s.String()), nil
}

// UnmarshalText reads what MarshalText wrote, and "info", which is Jepsen's word for a maybe.
func (s *Status) UnmarshalText(text []byte) error {
	if string(text) == "info" {
		*s = Maybe
		return nil
	}
	i := slices.Index(statusNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("checker: no status %q: want one of %s", text, namesOf(statusNames[:]))
	}
	*s = Status(i)
	return nil
}
