package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"orrery/live"
	"orrery/nodes"
	"orrery/nodes/zab"
	"orrery/nodes/zab/config"
)

func (a *app) nodeZooKeeperCommand() *cobra.Command {
	var level string
	cmd := &cobra.Command{
		Use:   "zookeeper ZOO.CFG",
		Short: "Run a ZooKeeper server",
		Long: `Run a ZooKeeper server: one that stands alone, or a member of an ensemble, also of one whose other
members are Apache's. ZOO.CFG is a configuration of ZooKeeper's own. The server's number is in the
file myid below dataDir, and its files are where, and what, Apache's would be.

Settings that ZooKeeper takes from the command line of its virtual machine are taken from the environment
variable SERVER_JVMFLAGS: -Dzookeeper.extendedTypesEnabled=true. What is accepted without effect is said
in the log.

SIGTERM and Ctrl-C stop the server in order; it may be killed at any moment, and loses nothing that it has
told anybody. What happens to it is logged on standard error.

Exit status: 0 it was stopped, 1 it had to stop (its disk failed, or it panicked), 2 it could not start.`,
		Example: `  orrery node zookeeper /etc/zookeeper/zoo.cfg
  SERVER_JVMFLAGS=-Djute.maxbuffer=4194304 orrery node zookeeper zoo.cfg --log debug`,
		Args: exactArgs("ZOO.CFG"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.nodeZooKeeper(cmd.Context(), args[0], os.Getenv("SERVER_JVMFLAGS"), level)
		},
	}
	cmd.Flags().StringVar(&level, "log", "info", "log from this `LEVEL` on: debug, info, warn or error")
	return cmd
}

// nodeZooKeeper runs the server that the file describes, until ctx ends.
func (a *app) nodeZooKeeper(ctx context.Context, file, flags, level string) error {
	log := &heldLog{w: a.err}
	logger, err := newLogger(log, level)
	if err != nil {
		return err
	}
	zoo, id, err := readZooCfg(file, flags)
	if err != nil {
		return err
	}
	serverCollector()
	server := zab.Config{Zoo: zoo, ID: id, Environment: environment()}
	keeps := writable(filepath.Dir(file))
	if keeps {
		server.File, server.FileDir = filepath.Base(file), confDir(file)
	}
	process, err := live.Start(zooLive(zoo, id, file, logger), zab.New(server))
	if err != nil {
		return err
	}
	log.release()
	if !keeps && zoo.Distributed() && zoo.Reconfig {
		logger.Warn("the configuration cannot be written: changes of the ensemble are kept in the log of transactions only", "dir", confDir(file))
	}
	for _, note := range zoo.Notes {
		logger.Info("accepted without effect", "what", note)
	}
	logger.Info("ready", "server", id, "port", zoo.ClientPort, "dataDir", zoo.DataDir)
	select {
	case <-ctx.Done():
		logger.Info("stopping", "server", id)
		err = process.Stop()
	case <-process.Done():
		err = process.Wait()
	}
	if err != nil {
		fmt.Fprintln(a.err, "orrery:", oneLine(err.Error()))
		return ended(exitViolated)
	}
	logger.Info("stopped", "server", id)
	return nil
}

// readZooCfg reads a configuration, with the files that it names: the members of the ensemble, and the number of
// this server, which is 0 for one that stands alone.
func readZooCfg(file, flags string) (*config.Config, int64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, 0, err
	}
	zoo, err := config.Parse(file, text)
	if err != nil {
		return nil, 0, err
	}
	if err := zoo.SetProperties(flags); err != nil {
		return nil, 0, err
	}
	if zoo.DynamicFile != "" {
		if err := readMembers(zoo, file); err != nil {
			return nil, 0, err
		}
	}
	if !zoo.Distributed() {
		return zoo, 0, nil
	}
	id, err := readMyID(filepath.Join(zoo.DataDir, "myid"))
	if err != nil {
		return nil, 0, err
	}
	return zoo, id, zoo.Identify(id)
}

// readMembers reads the dynamic file, which the static one names.
func readMembers(zoo *config.Config, static string) error {
	text, err := os.ReadFile(zoo.DynamicFile)
	if err != nil {
		return fmt.Errorf("%s: dynamicConfigFile: %w", static, err)
	}
	q, err := config.ParseDynamic(zoo.DynamicFile, text)
	if err != nil {
		return err
	}
	return zoo.SetQuorum(q)
}

func readMyID(file string) (int64, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("%s is missing: it must hold the N of this server's line server.N", file)
	}
	if err != nil {
		return 0, err
	}
	id, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || id < 0 {
		return 0, fmt.Errorf("%s: want the N of this server's line server.N, found %.40q", file, text)
	}
	return id, nil
}

// confDir is the directory of the configuration, as its own line dynamicConfigFile names it.
func confDir(file string) string {
	if path, err := filepath.Abs(file); err == nil {
		file = path
	}
	return filepath.Dir(file) + "/"
}

// writable tells whether files can be made in a directory.
func writable(dir string) bool {
	f, err := os.CreateTemp(dir, ".orrery-*")
	if err != nil {
		return false
	}
	return errors.Join(f.Close(), os.Remove(f.Name())) == nil
}

// environment is what the server says of this computer, to whoever asks envi.
func environment() []string {
	host, _ := os.Hostname()
	dir, _ := os.Getwd()
	return []string{"host.name=" + host, "go.version=" + runtime.Version(), "os.name=" + runtime.GOOS, "os.arch=" + runtime.GOARCH,
		"user.dir=" + dir}
}

// serverCollector undoes what the command does for universes: a server's memory lives long.
func serverCollector() {
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(100)
	}
	if _, set := os.LookupEnv("GOMEMLIMIT"); !set {
		debug.SetMemoryLimit(1<<63 - 1)
	}
}

// zooLive is the process of a server: its files are where Apache's would be, and a host of the configuration is a
// machine's name.
func zooLive(zoo *config.Config, id int64, file string, logger *slog.Logger) live.Config {
	self := nodes.ID(fmt.Sprintf("server.%d", id))
	elsewhere := map[string]string{filepath.Base(file): filepath.Dir(file)}
	if zoo.DataLogDir != zoo.DataDir {
		elsewhere["version-2/log."] = zoo.DataLogDir
	}
	return live.Config{ID: self, Dir: zoo.DataDir, Bare: true, Elsewhere: elsewhere, Logger: logger,
		DialTimeout: zoo.ConnectTimeout, Place: zooPlaces(zoo, id, self)}
}

// zooPlaces tells where to dial, and at which interface to listen.
func zooPlaces(zoo *config.Config, id int64, self nodes.ID) func(nodes.Addr) (string, error) {
	var own config.Member
	if zoo.Quorum != nil {
		own, _ = zoo.Quorum.Member(id)
	}
	at := func(host string, port int) (string, error) {
		if host == config.AnyHost {
			host = ""
		}
		return net.JoinHostPort(host, strconv.Itoa(port)), nil
	}
	return func(a nodes.Addr) (string, error) {
		switch {
		case a.ID != self:
			return net.JoinHostPort(string(a.ID), strconv.Itoa(a.Port)), nil
		case a.Port == zoo.ClientPort:
			return at(zoo.ClientHost, a.Port)
		case !zoo.ListenOnAll && len(own.Quorum) == 1 && len(own.Election) == 1 &&
			(a.Port == own.Quorum[0].Port || a.Port == own.Election[0].Port):
			return at(own.Quorum[0].Host, a.Port)
		}
		return at("", a.Port)
	}
}
