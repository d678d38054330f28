package kubernetes

import (
	"cmp"
	"log/slog"
	"net"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/kube"
)

// Kind is the kind of this provisioner in a fleet's record.
const Kind = "kubernetes"

// Defaults of Options.
const (
	// DefaultStartTimeout covers pulling a large image, loading tens of gigabytes
	// of weights, and compiling.
	DefaultStartTimeout = 20 * time.Minute
	// DefaultBlockedFor is how long a pod may be impossible to place or to create:
	// longer than a quota or a webhook hiccups, and short against waiting in vain.
	DefaultBlockedFor = 3 * time.Minute
	// DefaultSettle lets gateways act on a route that no longer names the variant
	// before its pods end; 0.5 s were measured.
	DefaultSettle = 3 * time.Second
	// DefaultPoll is how often a Deployment is looked at while it starts or ends.
	DefaultPoll = time.Second
)

// Options configure a Provisioner.
type Options struct {
	// Clusters reaches the clusters that fleets name. Required.
	Clusters *kube.Clusters
	// Engines read and edit the engines' arguments. Required.
	Engines engine.Registry
	// StartTimeout bounds the wait for all replicas of a variant to serve; 0:
	// DefaultStartTimeout.
	StartTimeout time.Duration
	// BlockedFor bounds the wait for pods that cannot be placed; 0:
	// DefaultBlockedFor. Give more where nodes are added on demand.
	BlockedFor time.Duration
	// Settle is the pause before the pods of a variant are ended; 0: DefaultSettle.
	Settle time.Duration
	// Poll is the distance of two looks; 0: DefaultPoll.
	Poll time.Duration
	// PodURL is the base URL at which a pod serves; nil: its address and port.
	PodURL func(pod *corev1.Pod, port int32) string
	// Logger gets what is made and removed; nil: discarded.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	o.StartTimeout = cmp.Or(o.StartTimeout, DefaultStartTimeout)
	o.BlockedFor = cmp.Or(o.BlockedFor, DefaultBlockedFor)
	o.Settle = cmp.Or(o.Settle, DefaultSettle)
	o.Poll = cmp.Or(o.Poll, DefaultPoll)
	if o.PodURL == nil {
		o.PodURL = podURL
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func podURL(pod *corev1.Pod, port int32) string {
	return "http://" + net.JoinHostPort(pod.Status.PodIP, strconv.Itoa(int(port)))
}
