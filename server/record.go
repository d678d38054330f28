package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"text/tabwriter"

	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/store"
)

// errNotWhole ends `server verify` with a failure that scripts see.
var errNotWhole = errors.New("the record is not whole")

// recordCommand runs `backup FILE` or `verify` on the configured database, and says
// whether the arguments asked for one of them.
func recordCommand(args []string, out io.Writer) (bool, error) {
	if len(args) == 0 || args[0] != "backup" && args[0] != "verify" {
		return false, nil
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if args[0] == "verify" {
		return true, verify(ctx, args[1:], out)
	}
	if len(args) < 2 || args[1] == "" || args[1][0] == '-' {
		return true, errors.New("backup: name a new file: server backup FILE [--database-url=URL]")
	}
	return true, backup(ctx, args[1], args[2:], out)
}

func databaseOf(args []string) (string, error) {
	settings, err := config.LoadServer(config.Source{Args: args, Env: os.LookupEnv, Output: os.Stdout, Version: version})
	return settings.DatabaseURL, err
}

func backup(ctx context.Context, file string, args []string, out io.Writer) error {
	url, err := databaseOf(args)
	if err != nil {
		return err
	}
	if err := store.Backup(ctx, url, file); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "backed up into", file)
	return err
}

// verify prints what the database holds and fails when a record is not whole.
func verify(ctx context.Context, args []string, out io.Writer) error {
	url, err := databaseOf(args)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	found, err := db.Verify(ctx)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, t := range found.Tables {
		fmt.Fprintf(table, "%s\t%d\n", t.Table, t.Rows)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, p := range found.Problems {
		fmt.Fprintln(out, "problem:", p)
	}
	if len(found.Problems) > 0 {
		return errNotWhole
	}
	_, err = fmt.Fprintln(out, "every record is whole")
	return err
}
