package provision

import (
	"fmt"
	"net"
	"strconv"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// record is what the state directory knows of one replica. It is written before
// the process is started (without a process ID) and again after, so that no crash
// in between leaves a process that nobody knows of: the token finds it.
type record struct {
	Fleet   string               `json:"fleet"`
	Variant serving.Variant      `json:"variant"`
	Replica int                  `json:"replica"`
	Config  serving.EngineConfig `json:"config"`
	Command []string             `json:"command"`
	Host    string               `json:"host"`
	Port    int                  `json:"port"`
	Log     string               `json:"log"`
	// Token is in the environment of the process and of its children.
	Token string `json:"token"`
	// Process is the identity of the process, zero until it was started.
	Process identity `json:"process"`
	// LaunchedUnix and ReadyUnix are seconds since 1970; ReadyUnix is 0 until it
	// served for the first time.
	LaunchedUnix float64 `json:"launched_unix"`
	ReadyUnix    float64 `json:"ready_unix"`
}

func (r record) endpoint() string {
	return "http://" + net.JoinHostPort(r.Host, strconv.Itoa(r.Port))
}

func (r record) alive() bool { return r.Process.alive() }

func (r record) String() string {
	return fmt.Sprintf("replica %d of %s/%s (pid %d, port %d)", r.Replica, r.Fleet, r.Variant, r.Process.PID, r.Port)
}
