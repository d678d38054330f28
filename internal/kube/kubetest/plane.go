package kubetest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/optiinfra/performance-agent/internal/kube"
)

// Variable names the folder with the binaries, by the convention of the
// ecosystem.
const Variable = "KUBEBUILDER_ASSETS"

// ErrNoAssets: the variable is not set, so there is nothing to run.
var ErrNoAssets = errors.New(Variable + " is not set: it names a folder with kube-apiserver, etcd and kube-controller-manager")

// startTimeout is what a component gets on a busy machine; an idle one takes 4 s.
const startTimeout = 2 * time.Minute

// token is what the plane's administrator shows; it ends with the plane.
const token = "kubetest-admin"

// Plane is a running control plane.
type Plane struct {
	// Config reaches it as an administrator.
	Config *rest.Config
	Client dynamic.Interface

	dir       string
	processes []*process
}

// Start starts etcd and the API server, and the controllers that make pods of
// Deployments, if wanted. Stop must be called, whatever is returned.
func Start(ctx context.Context, controllers bool) (*Plane, error) {
	p := &Plane{}
	assets := os.Getenv(Variable)
	if assets == "" {
		return p, ErrNoAssets
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	var err error
	if p.dir, err = os.MkdirTemp("", "kubetest"); err != nil {
		return p, fmt.Errorf("make a folder: %w", err)
	}
	etcd, err := p.startEtcd(assets)
	if err != nil {
		return p, err
	}
	if err := p.startServer(ctx, assets, etcd); err != nil {
		return p, err
	}
	if controllers {
		if err := p.startControllers(assets); err != nil {
			return p, err
		}
	}
	return p, p.InstallGatewayAPI(ctx)
}

// Stop ends everything that Start started.
func (p *Plane) Stop() {
	for i := len(p.processes) - 1; i >= 0; i-- {
		p.processes[i].stop()
	}
	if p.dir != "" {
		_ = os.RemoveAll(p.dir)
	}
}

func (p *Plane) startEtcd(assets string) (url string, err error) {
	ports, err := freePorts(2)
	if err != nil {
		return "", err
	}
	clients, peers := "http://127.0.0.1:"+ports[0], "http://127.0.0.1:"+ports[1]
	return clients, p.run(filepath.Join(assets, "etcd"), "--data-dir="+filepath.Join(p.dir, "etcd"), "--unsafe-no-fsync", "--log-level=error",
		"--listen-client-urls="+clients, "--advertise-client-urls="+clients,
		"--listen-peer-urls="+peers, "--initial-advertise-peer-urls="+peers, "--initial-cluster=default="+peers)
}

func (p *Plane) startServer(ctx context.Context, assets, etcd string) error {
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	key, err := p.serviceAccountKey()
	if err != nil {
		return err
	}
	tokens := filepath.Join(p.dir, "tokens.csv")
	if err := os.WriteFile(tokens, []byte(token+",admin,admin,system:masters\n"), 0o600); err != nil {
		return fmt.Errorf("write tokens: %w", err)
	}
	p.Config = administrator("https://127.0.0.1:" + ports[0])
	if p.Client, err = kube.Connect(p.Config, "kubetest"); err != nil {
		return err
	}
	err = p.run(filepath.Join(assets, "kube-apiserver"), "--etcd-servers="+etcd, "--secure-port="+ports[0], "--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none", "--cert-dir="+filepath.Join(p.dir, "certs"),
		"--token-auth-file="+tokens, "--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/16",
		"--service-account-issuer=https://kubetest", "--service-account-signing-key-file="+key, "--service-account-key-file="+key,
		"--disable-admission-plugins=ServiceAccount,TaintNodesByCondition")
	if err != nil {
		return err
	}
	return p.awaitReady(ctx)
}

func administrator(host string) *rest.Config {
	return &rest.Config{Host: host, BearerToken: token, TLSClientConfig: rest.TLSClientConfig{Insecure: true}}
}

func (p *Plane) awaitReady(ctx context.Context) error {
	namespaces := p.Client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"})
	poll := time.NewTicker(100 * time.Millisecond)
	defer poll.Stop()
	for {
		_, err := namespaces.Get(ctx, "default", metav1.GetOptions{})
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("kube-apiserver does not answer: %w; its log ends:\n%s", err, p.processes[len(p.processes)-1].tail())
		case <-poll.C:
		}
	}
}

// controllers make pods of Deployments and EndpointSlices of pods, and remove
// what has lost its owner.
const controllers = "deployment-controller,replicaset-controller,endpointslice-controller,garbage-collector-controller,namespace-controller"

func (p *Plane) startControllers(assets string) error {
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	file := filepath.Join(p.dir, "kubeconfig")
	if err := os.WriteFile(file, []byte(p.Kubeconfig()), 0o600); err != nil {
		return fmt.Errorf("write kubeconfig: %w", err)
	}
	return p.run(filepath.Join(assets, "kube-controller-manager"), "--kubeconfig="+file, "--controllers="+controllers, "--leader-elect=false",
		"--authentication-skip-lookup", "--bind-address=127.0.0.1", "--secure-port="+ports[0], "--cert-dir="+filepath.Join(p.dir, "certs"))
}

// Kubeconfig is a kubeconfig of the administrator.
func (p *Plane) Kubeconfig() string {
	return fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: %s, insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: %s}}]
contexts: [{name: kubetest, context: {cluster: c, user: u}}]
current-context: kubetest
`, p.Config.Host, token)
}

func (p *Plane) serviceAccountKey() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", fmt.Errorf("make a key: %w", err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("render the key: %w", err)
	}
	file := filepath.Join(p.dir, "sa.key")
	return file, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600)
}

// freePorts finds ports that are free now, all different.
func freePorts(n int) ([]string, error) {
	var out []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer func() { _ = l.Close() }()
		out = append(out, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	return out, nil
}
