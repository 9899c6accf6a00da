package nodestest

import (
	"errors"
	"fmt"

	"orrery/nodes"
)

var stageRules = []Rule{
	{"AStageGetsItsMessagesInTheOrderOfThePosts", postsInOrder},
	{"AStageCanPostToItselfAndToOthers", postsGoOn},
	{"APostDiesWithItsProcess", postsDie},
}

func postsInOrder(c *cluster) {
	stages := []nodes.Tag{{Name: "sync"}, {Name: "commit", N: 1}, {Name: "commit", N: 2}}
	const each = 100
	posted := map[nodes.Tag][]*blob{}
	got := map[nodes.Tag]int{}
	c.start("n1", &probe{c: c,
		boot: func(env nodes.Env) error {
			for i := range each {
				for _, s := range stages {
					m := text(fmt.Sprint(s, i))
					posted[s] = append(posted[s], m)
					env.Post(s, m)
				}
			}
			return nil
		},
		posted: func(_ nodes.Env, s nodes.Tag, m nodes.Message) {
			if i := got[s]; i >= each || m != nodes.Message(posted[s][i]) {
				c.wrongf("message %d of stage %v is %q, or a copy of it", i, s, m.(*blob).data)
			}
			got[s]++
		}})
	c.until("all posts have arrived", func() bool {
		return got[stages[0]]+got[stages[1]]+got[stages[2]] == each*len(stages)
	})
}

func postsGoOn(c *cluster) {
	rounds := 0
	c.start("n1", &probe{c: c,
		boot: func(env nodes.Env) error {
			env.Post(nodes.Tag{Name: "ping"}, Ping{0})
			return nil
		},
		posted: func(env nodes.Env, s nodes.Tag, m nodes.Message) {
			n := m.(Ping).N
			if int(n) != rounds {
				c.wrongf("round %d came as round %d", n, rounds)
			}
			rounds++
			if n == 99 {
				return
			}
			next := nodes.Tag{Name: "ping"}
			if s.Name == "ping" && n%3 == 0 {
				next.Name = "pong"
			}
			env.Post(next, Ping{n + 1})
		}})
	c.until("a hundred rounds are over", func() bool { return rounds == 100 })
}

func postsDie(c *cluster) {
	reason := errors.New("enough")
	c.start("n1", &probe{c: c,
		boot: func(env nodes.Env) error {
			env.Post(nodes.Tag{Name: "first"}, Ping{})
			return nil
		},
		posted: func(env nodes.Env, s nodes.Tag, _ nodes.Message) {
			if s.Name != "first" {
				c.wrongf("a post arrived after Halt")
			}
			env.Post(nodes.Tag{Name: "second"}, Ping{})
			env.Halt(reason)
		}})
	c.until("the process has ended", func() bool {
		_, ended := c.rt.Ended("n1")
		return ended
	})
	c.start("n1", &probe{c: c, posted: func(nodes.Env, nodes.Tag, nodes.Message) {
		c.wrongf("a post arrived in another process")
	}})
	c.pass(silence)
}
