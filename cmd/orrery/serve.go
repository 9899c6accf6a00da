package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"orrery/explore/dashboard"
	"orrery/explore/findings"
)

// serveAddress is where the findings are served, unless a flag says otherwise: a fixed port, so that a tab that was left open
// finds the next server.
const serveAddress = "127.0.0.1:7468"

func (a *app) serveCommand() *cobra.Command {
	listen := serveAddress
	cmd := &cobra.Command{
		Use:   "serve [DIR]",
		Short: "Show the findings in a browser, and how a hunt goes",
		Long: `Show in a browser what orrery hunt has found and keeps in DIR, and follow a hunt that is under way:
how many executions a second, what came of them, which marks were reached and which never, which
faults bit, which findings are new, open, gone or back. Each finding has its story, the page of its
run, and the commands that run it again. Nothing is loaded from elsewhere, and nothing can be
changed from there. Ctrl-C ends it.

Only this machine can reach it, unless --listen names another address; then everybody who reaches
that can read the findings.

The list needs no JavaScript; with it, it is kept up to date. /state.json has the same for programs.

Exit status: 0, or 2 if there is no such directory, or its findings cannot be read, or the address
cannot be had.`,
		Example: `  orrery serve
  orrery serve nightly/artifacts --listen 127.0.0.1:0
  orrery serve --listen :8080      # everybody who reaches this machine can read the findings
  orrery hunt paxos --budget 10m --serve 127.0.0.1:7468`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("serve: %q is one argument too many; see orrery serve --help", args[1])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := a.artifacts
			if len(args) == 1 {
				dir = args[0]
			}
			return a.serve(cmd.Context(), dir, listen)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", listen, "listen on this `ADDRESS`; port 0 is any that is free")
	return cmd
}

// serve serves the findings of a directory until ctx ends.
func (a *app) serve(ctx context.Context, dir, address string) error {
	if info, err := os.Stat(dir); err != nil {
		return fmt.Errorf("%s: there is no such directory: want the --out DIR of an orrery hunt", dir)
	} else if !info.IsDir() {
		return fmt.Errorf("%s: want a directory, the --out DIR of an orrery hunt", dir)
	}
	store, err := a.store(dir)
	if err != nil {
		return err
	}
	site, err := a.openSite(dir, "--listen", address)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s shows the findings in %s; Ctrl-C ends it\n", a.out.bold(site.url, false), dir)
	return site.serve(ctx, store)
}

// site is where findings are served.
type site struct {
	app      *app
	dir, url string
	listener net.Listener
	loopback bool
}

// openSite listens on the address of a flag. It says so if others can reach it.
func (a *app) openSite(dir, flag, address string) (*site, error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, fmt.Errorf("%s %q: want an address such as 127.0.0.1:7468 or :8080", flag, address)
	}
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use, perhaps by another orrery serve: want another %s, as 127.0.0.1:0", address, flag)
	case err != nil:
		return nil, fmt.Errorf("%s %s: %s", flag, address, reason(err))
	}
	at := l.Addr().(*net.TCPAddr)
	s := &site{app: a, dir: dir, listener: l, loopback: at.IP.IsLoopback(), url: "http://" + at.String() + "/"}
	if !s.loopback {
		fmt.Fprintf(a.err, "orrery: %s is not only for this machine: everybody who reaches it can read the findings\n", at)
	}
	return s, nil
}

// reason is what the system said of an address.
func reason(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return strings.TrimPrefix(oneLine(err.Error()), "bind: ")
}

// serve answers until ctx ends.
func (s *site) serve(ctx context.Context, store *findings.Store) error {
	server := dashboard.New(ctx, dashboard.Config{
		Dir: s.dir, Store: store, By: versionLine(), Loopback: s.loopback,
		Tell: func(f *findings.Finding) (*dashboard.Told, error) { return s.app.tell(s.dir, f) },
	})
	return server.Serve(s.listener)
}

// tell runs the universe of a finding again, and tells its story.
func (a *app) tell(dir string, f *findings.Finding) (*dashboard.Told, error) {
	sub, err := a.reproIn(f.Repro, "finding "+f.ID)
	if err != nil {
		return nil, err
	}
	o := sub.options
	o.States = true
	re, err := a.rerun(sub.scenario, o)
	if err != nil {
		return nil, err
	}
	u := condense(sub.scenario.Name, re.result, 0)
	replay := "orrery findings show " + f.ID + " --repro" + a.outFlag(dir) + " >repro.json && orrery replay repro.json"
	t := &dashboard.Told{Replay: replay}
	if u.Property != f.Property && f.Property != determinism {
		t.Now = "Its universe does not violate " + f.Property + " any more: " + u.outcome() + "."
	} else {
		plain := *a
		plain.out = console{width: storyColumns}
		var b bytes.Buffer
		plain.report(&b, sub.scenario, &u, re, replay)
		t.Text = b.String()
	}
	if len(re.events) > 0 {
		t.Page = pageOf(sub.scenario, re)
		t.Page.Replay, t.Page.Most = replay, artifactEvents
		t.Page.Title = cmp.Or(t.Page.Title, f.Property+" in "+f.Scenario)
	}
	return t, nil
}

// storyColumns is how wide a story is in a browser.
const storyColumns = 120

// outFlag is the flag that names a directory of findings, if it has to be named.
func (a *app) outFlag(dir string) string {
	if dir == a.artifacts {
		return ""
	}
	return " --out " + quoted(dir)
}
