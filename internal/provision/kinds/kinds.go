package kinds

import (
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/provision/kubernetes"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Provisioners are all kinds. host configures those that run on this host, and
// its start timeout and logger are those of all; its command lines come from the
// engines. No cluster is reached before a fleet names one.
func Provisioners(host provision.ProcessOptions, engines engine.Registry) *provision.Switch {
	host.CommandLine = func(c serving.EngineConfig, address string, port int) ([]string, error) {
		e, err := engines.Engine(c.Engine)
		if err != nil {
			return nil, err
		}
		return e.CommandLine(c, address, port), nil
	}
	return provision.NewSwitch(map[string]provision.Provisioner{
		provision.KindProcess: provision.NewProcess(host),
		kubernetes.Kind: kubernetes.New(kubernetes.Options{Clusters: kube.NewClusters(kube.Manager), Engines: engines,
			StartTimeout: host.StartTimeout, Logger: host.Logger}),
	})
}

// AddressChecks are of the kinds whose addresses are no URLs, by kind: each tells
// what is wrong with an address.
func AddressChecks() map[string]func(address string) error {
	return map[string]func(address string) error{kubernetes.Kind: kubernetes.CheckAddress}
}
