// Package client is a client of ZooKeeper: sessions, requests, watches, as a deterministic state machine that a
// node embeds, with no goroutine and no clock of its own.
//
// A [Client] keeps one connection to one of its servers, pings it, and looks for another server when it is lost; the session
// lives on as long as the servers say so. Requests are sent in the order in which they were made, and answered in that
// order. What was not answered when the connection broke ends with CodeConnectionLoss: it may have been carried out, or may be yet.
//
// The node hands the client its connections and timers, and takes what comes of them with [Client.Take]. Straight-line
// code uses a [Session] instead, which runs a Client on a task of package task.
//
// It does what the Java client does, down to its time-outs: a server that says nothing for two thirds of the session's time-out
// is left, and a ping is sent after one third of silence of the client's own.
//
// Invariants: completions come in the order of the requests; the zxid that the client has seen never falls; a session that
// has expired, or whose authentication has failed, never comes to life again.
package client
