// Package kubernetes runs variants as Deployments cloned from stable's.
//
// It is one kind of provision.Provisioner, chosen by the composition roots. The
// address of a fleet's provisioner is
//
//	NAMESPACE/DEPLOYMENT[?context=CONTEXT&container=NAME&port=NUMBER]
//
// and names the Deployment that is stable; somebody else made it and keeps it.
// Canary, baseline and staging are copies of it with the flags (and the image's
// version) that differ, under names, labels and Services of their own, so that
// neither stable's Deployment nor its Services select their pods. Resources, node
// selectors, volumes and everything else are stable's. A clone is owned by the
// stable Deployment, so it goes when that one goes.
//
// Stable itself is changed in one case: when it takes over a proven configuration,
// its arguments are edited and it is rolled over pod by pod: the new pod first where
// the nodes have room for one more, else the old one first, and that only while
// canary or baseline make up for it. The template that it had is noted on it and is
// what going back restores. While
// canary or baseline run, the autoscalers of stable are paused, and get back what
// they had when the last of them is gone.
//
// Before a replica is asked for, the nodes must have room for its accelerators.
// All state is in the cluster, so any worker may go on where another one ended.
// The package must never delete or change what it did not make, except those
// arguments and autoscalers; whoever runs it should have the API server enforce
// that (deploy/kubernetes).
package kubernetes
