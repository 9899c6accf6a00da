package client

import "time"

// ms is a time as the protocol has it.
func ms(n int32) time.Duration { return time.Duration(n) * time.Millisecond }

// millis is a time for the protocol.
func millis(d time.Duration) int32 { return int32(min(d/time.Millisecond, 1<<31-1)) }
