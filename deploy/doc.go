// Package deploy is what runs the agent: images, the compose file, Kubernetes
// manifests, alert rules and dashboards. It has no code; its tests hold these files
// to what can be known of them without a cluster: schemas, references between
// files, the metrics that really exist, and the hardening that is promised. Nothing
// imports it.
package deploy
