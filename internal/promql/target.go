package promql

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// replicaSelector selects the series of one replica: those whose instance is its
// host and port, or its host alone, and that have the labels of the fleet. No
// name is asked for, so that a metric that was renamed is seen all the same.
func replicaSelector(source serving.MetricsSource, endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("endpoint %q has no host", endpoint)
	}
	label := source.InstanceLabel
	if label == "" {
		label = "instance"
	}
	instance := regexp.QuoteMeta(u.Hostname())
	if u.Port() != "" {
		instance += "(:" + u.Port() + ")?"
	}
	return matchers(label+"=~"+strconv.Quote(instance), source.Labels), nil
}

// matchers are the inside of a selector's braces.
func matchers(first string, labels map[string]string) string {
	parts := []string{first}
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, name+"="+strconv.Quote(labels[name]))
	}
	return strings.Join(parts, ",")
}

// target names what Prometheus scrapes, for a person.
func target(labels map[string]string) string {
	return fmt.Sprintf("job %q instance %q", labels["job"], labels["instance"])
}
