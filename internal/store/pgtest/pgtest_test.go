//go:build linux

package pgtest_test

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/store/pgtest"
)

func TestServer_DatabasesCloneTheirTemplateAndVanishWithIt(t *testing.T) {
	server, err := pgtest.Start()
	pgtest.Skip(t, err)
	template, err := server.Create("pgtest_template", "")
	require.NoError(t, err)
	t.Cleanup(func() {
		config, err := pgx.ParseConfig(template)
		require.NoError(t, err)
		require.NoError(t, server.Stop())
		if os.Getenv("TEST_DATABASE_URL") == "" {
			require.NoDirExists(t, config.Host, "a server of ours leaves nothing behind")
		}
	})
	t.Cleanup(func() { require.NoError(t, server.Drop("pgtest_template")) })
	execute(t, template, "CREATE TABLE marks (n int)")
	execute(t, template, "INSERT INTO marks VALUES (1)")

	first, second := server.Database(t, "pgtest_template"), server.Database(t, "pgtest_template")
	execute(t, first, "INSERT INTO marks VALUES (2)")
	require.Equal(t, 2, count(t, first))
	require.Equal(t, 1, count(t, second))
}

func TestStart_WithoutBinaries_SaysWhatToInstall(t *testing.T) {
	empty := t.TempDir()
	t.Setenv("TEST_DATABASE_URL", "")
	t.Setenv("PGTEST_BIN", empty)
	_, err := pgtest.Start()
	require.ErrorContains(t, err, empty)
}

func TestStart_NamedServer_IsNotStartedOrStopped(t *testing.T) {
	t.Setenv("TEST_DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")
	server, err := pgtest.Start()
	require.NoError(t, err)
	require.NoError(t, server.Stop())
	_, err = server.Create("x", "")
	require.ErrorContains(t, err, "connect", "it goes to the named server, where nobody listens")
}

func execute(t *testing.T, url, statement string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	require.NoError(t, err)
	_, err = conn.Exec(context.Background(), statement)
	require.NoError(t, err)
	require.NoError(t, conn.Close(context.Background()))
}

func count(t *testing.T, url string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	require.NoError(t, err)
	require.NoError(t, conn.QueryRow(context.Background(), "SELECT count(*) FROM marks").Scan(&n))
	require.NoError(t, conn.Close(context.Background()))
	return n
}
