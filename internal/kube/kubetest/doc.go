// Package kubetest is a Kubernetes control plane for tests: a real
// kube-apiserver with etcd and, for what needs them, the real controllers, taken
// from the folder that $KUBEBUILDER_ASSETS names. Nodes are simulated: a Fakelet
// binds pods and runs each one's engine as a process of this host.
//
// Only tests import this package. Without the variable they skip, saying so.
package kubetest
