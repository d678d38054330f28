//go:build linux

package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is who the server runs as. Postgres refuses root, so as root it is
// the first of postgres and nobody that exists; otherwise it is the caller.
type account struct {
	name     string
	uid, gid uint32
	drop     bool // from root to this account
}

func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		if errUID == nil && errGID == nil {
			return account{name: name, uid: uint32(uid), gid: uint32(gid), drop: true}, nil
		}
	}
	return account{}, fmt.Errorf("postgres does not run as root, and there is no user postgres or nobody to run it as")
}

// folder makes an empty folder of the account's own. It is under /tmp itself:
// a test's TempDir has parents that only root may enter, and the path of a
// socket is limited to 107 bytes.
func (a account) folder() (string, error) {
	dir, err := os.MkdirTemp("/tmp", folderPrefix)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, ownerFile), []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		return "", err
	}
	if a.drop {
		err = os.Chown(dir, int(a.uid), int(a.gid))
	}
	return dir, err
}

// command prepares a program to run as the account. It gets a process group of
// its own, so that Ctrl-C does not reach it before the tests are done with it,
// and SIGQUIT (immediate shutdown) when the thread that started it ends.
func (a account) command(dir, program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGQUIT}
	if a.drop {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid, Groups: []uint32{}}
	}
	return cmd
}
