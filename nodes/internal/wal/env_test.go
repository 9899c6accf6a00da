package wal_test

import (
	"math/rand/v2"
	"time"

	"orrery/nodes"
	"orrery/nodes/internal/wal/waltest"
)

// env is a machine that has nothing but a disk: the log asks for no more.
type env struct{ disk *waltest.Disk }

func (e env) Self() nodes.ID                            { return "n1" }
func (e env) Now() time.Time                            { return time.Time{} }
func (e env) Monotonic() time.Duration                  { return 0 }
func (e env) Rand() *rand.Rand                          { return nil }
func (e env) Send(nodes.ID, nodes.Message)              { panic("not here") }
func (e env) SetTimer(nodes.Tag, time.Duration)         { panic("not here") }
func (e env) StopTimer(nodes.Tag)                       { panic("not here") }
func (e env) Post(nodes.Tag, nodes.Message)             { panic("not here") }
func (e env) Listen(int, nodes.Framing) error           { panic("not here") }
func (e env) Dial(nodes.Addr, nodes.Framing) nodes.Conn { panic("not here") }
func (e env) Write(nodes.Conn, []byte) error            { panic("not here") }
func (e env) Unsent(nodes.Conn) int                     { panic("not here") }
func (e env) Close(nodes.Conn)                          { panic("not here") }
func (e env) Reset(nodes.Conn)                          { panic("not here") }
func (e env) Disk() nodes.Disk                          { return e.disk }
func (e env) Halt(err error)                            { panic(err) }
