package kube

import (
	"fmt"
	"sync"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	// callTimeout bounds one call: an API server that is silent for that long is
	// away, and a retry may reach another one.
	callTimeout = 15 * time.Second
	// callsPerSecond and burst are far above what watching a few hundred fleets
	// takes and below what a small API server feels; client-go's own 5/s would
	// hold back a rollback behind ticks.
	callsPerSecond, burst = 50, 100
)

// Clusters hands out clients by the name of a kubeconfig's context.
type Clusters struct {
	connect func(context string) (dynamic.Interface, error)

	mu      sync.Mutex
	clients map[string]dynamic.Interface
}

// NewClusters finds clusters as kubectl does: $KUBECONFIG, else ~/.kube/config,
// else, for the context "", the service account of the pod it runs in. userAgent
// is how the agent shows in the API server's audit log.
func NewClusters(userAgent string) *Clusters {
	return newClusters(func(context string) (dynamic.Interface, error) {
		config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(),
			&clientcmd.ConfigOverrides{CurrentContext: context}).ClientConfig()
		if err != nil {
			return nil, fmt.Errorf("find the cluster of context %q: %w", context, err)
		}
		return Connect(config, userAgent)
	})
}

// NewClustersOf has one cluster for every context.
func NewClustersOf(client dynamic.Interface) *Clusters {
	return newClusters(func(string) (dynamic.Interface, error) { return client, nil })
}

func newClusters(connect func(string) (dynamic.Interface, error)) *Clusters {
	return &Clusters{connect: connect, clients: map[string]dynamic.Interface{}}
}

// Connect makes a client of a configuration, with the limits of this package.
func Connect(config *rest.Config, userAgent string) (dynamic.Interface, error) {
	config = rest.CopyConfig(config)
	config.QPS, config.Burst, config.Timeout = callsPerSecond, burst, callTimeout
	config.UserAgent = userAgent
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client of the cluster: %w", err)
	}
	return client, nil
}

// Client is the client of a context, made at its first use; "" is the current
// one.
func (c *Clusters) Client(context string) (dynamic.Interface, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if client, ok := c.clients[context]; ok {
		return client, nil
	}
	client, err := c.connect(context)
	if err != nil {
		return nil, err
	}
	c.clients[context] = client
	return client, nil
}
