package kinds

import (
	"net/http"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/provision/kubernetes"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/signed"
)

// Provisioners are all kinds. host configures those that run on this host, and
// its start timeout and logger are those of all; its command lines come from the
// engines. The client reaches webhooks, nil for one of its own. No cluster is
// reached before a fleet names one.
func Provisioners(host provision.ProcessOptions, engines engine.Registry, client *http.Client) *provision.Switch {
	host.CommandLine = func(c serving.EngineConfig, address string, port int) ([]string, error) {
		e, err := engines.Engine(c.Engine)
		if err != nil {
			return nil, err
		}
		return e.CommandLine(c, address, port), nil
	}
	return provision.NewSwitch(map[string]provision.Provisioner{
		provision.KindProcess: provision.NewProcess(host),
		provision.KindWebhook: provision.NewWebhook(provision.WebhookOptions{Client: client, Secret: signed.HostSecret,
			CommandLine: host.CommandLine, StartTimeout: host.StartTimeout}),
		kubernetes.Kind: kubernetes.New(kubernetes.Options{Clusters: kube.NewClusters(kube.Manager), Engines: engines,
			StartTimeout: host.StartTimeout, Logger: host.Logger}),
	})
}

// AddressChecks are of the kinds whose addresses are no URLs, by kind: each tells
// what is wrong with an address.
func AddressChecks() map[string]func(address string) error {
	return map[string]func(address string) error{kubernetes.Kind: kubernetes.CheckAddress}
}
