package scenarios

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"orrery/checker"
	"orrery/explore/trial"
)

// BUGS=a,b or all; LIMIT seeds; per bug.
func TestKafkaMuseumDev(t *testing.T) {
	s := Kafka()
	if n := os.Getenv("SC"); n != "" {
		s, _ = Named(n)
	}
	limit, _ := strconv.ParseUint(os.Getenv("LIMIT"), 10, 64)
	budget, _ := time.ParseDuration(os.Getenv("BUDGET"))
	for _, b := range s.Bugs {
		if l := os.Getenv("BUGS"); l != "" && !strings.Contains(","+l+",", ","+b.Name+",") {
			continue
		}
		start := time.Now()
		found := ""
		seed := uint64(1)
		for ; seed <= limit && time.Since(start) < budget; seed++ {
			r, err := s.Run(trial.Options{Seed: seed, Bug: b.Name})
			if err != nil {
				found = err.Error()
				break
			}
			if r.Verdict == checker.Violated {
				d := r.Detail
				if len(d) > 110 {
					d = d[:110]
				}
				found = fmt.Sprintf("seed %d %s: %s", seed, r.Property, d)
				break
			}
		}
		if found == "" {
			found = fmt.Sprintf("NOT in %d", seed-1)
		}
		fmt.Printf("%-36s %6v %s\n", b.Name, time.Since(start).Round(10*time.Millisecond), found)
	}
}
