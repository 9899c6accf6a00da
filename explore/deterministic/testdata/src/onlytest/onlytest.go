// Package onlytest has a node in its tests alone.
package onlytest

import "time"

func Now() time.Time { return time.Now() }
