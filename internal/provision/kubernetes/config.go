package kubernetes

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// annotationConfig is on a pod template whose arguments the agent wrote, and so
// on its pods.
const annotationConfig = kube.Domain + "/config"

// written is the value of annotationConfig. Arguments that are not those of the
// hash were changed by somebody else afterwards, and then it means nothing.
type written struct {
	Config    serving.EngineConfig `json:"config"`
	Arguments string               `json:"arguments"`
}

func argumentsHash(c corev1.Container) string {
	sum := sha256.Sum256([]byte(strings.Join(slices.Concat(c.Command, []string{"\x00"}, c.Args, []string{"\x00", c.Image}), "\x00")))
	return hex.EncodeToString(sum[:8])
}

// note writes the configuration on a template.
func note(template *corev1.PodTemplateSpec, container int, config serving.EngineConfig) error {
	text, err := json.Marshal(written{Config: config, Arguments: argumentsHash(template.Spec.Containers[container])})
	if err != nil {
		return fmt.Errorf("render the configuration: %w", err)
	}
	if template.Annotations == nil {
		template.Annotations = map[string]string{}
	}
	template.Annotations[annotationConfig] = string(text)
	return nil
}

// noted reads the configuration from a template or a pod.
func noted(annotations map[string]string, c corev1.Container) (serving.EngineConfig, bool) {
	var w written
	if err := json.Unmarshal([]byte(annotations[annotationConfig]), &w); err != nil || w.Arguments != argumentsHash(c) {
		return serving.EngineConfig{}, false
	}
	return w.Config, true
}

// configOf is what a container runs: what the agent noted, else the fleet's
// record where the arguments agree with it, else what they say themselves.
func (t *target) configOf(annotations map[string]string, c corev1.Container) (config serving.EngineConfig, agrees bool, err error) {
	if config, ok := noted(annotations, c); ok {
		return config, true, nil
	}
	parsed, err := t.engine.Parse(slices.Concat(c.Command, c.Args))
	if err != nil {
		return parsed, false, fmt.Errorf("%w: container %s: %w", provision.ErrInvalid, c.Name, err)
	}
	if contradiction(t.fleet.Config, parsed) == "" {
		return t.fleet.Config, true, nil
	}
	return parsed, false, nil
}

// contradiction names what the arguments say otherwise than the record. Flags
// that the record does not mention are no contradiction: people record what they
// care for.
func contradiction(record, parsed serving.EngineConfig) string {
	if parsed.Model != record.Model {
		return fmt.Sprintf("model %s, not %s", parsed.Model, record.Model)
	}
	for _, f := range record.Flags {
		want, _ := record.Get(f.Name)
		got, set := parsed.Get(f.Name)
		if !set || got != want {
			return fmt.Sprintf("%s %q, not %q", f.Name, got, want)
		}
	}
	return ""
}

// stableConfig is what stable's template runs, and whether the record says so.
func (t *target) stableConfig() (config serving.EngineConfig, agrees bool, err error) {
	template := t.stable.Spec.Template
	return t.configOf(template.Annotations, template.Spec.Containers[t.container])
}

// recordedConfig is stableConfig of a stable that runs what the record says: a
// clone that is measured against something else proves nothing.
func (t *target) recordedConfig() (serving.EngineConfig, error) {
	config, agrees, err := t.stableConfig()
	if err == nil && !agrees {
		return config, fmt.Errorf("%w: Deployment %s runs %s as the fleet's record has it: bring one in line with the other",
			provision.ErrInvalid, t.address, contradiction(t.fleet.Config, config))
	}
	return config, err
}

// concerning is a configuration without the flags of which none of the others
// knows, so that those are left as they are.
func concerning(config serving.EngineConfig, others ...serving.EngineConfig) serving.EngineConfig {
	var foreign []string
	for _, f := range config.Flags {
		if !slices.ContainsFunc(others, func(o serving.EngineConfig) bool { _, set := o.Get(f.Name); return set }) {
			foreign = append(foreign, f.Name)
		}
	}
	return config.Without(foreign...)
}

// reconfigure changes a copy of stable's template, which runs from, to run to.
func (t *target) reconfigure(template *corev1.PodTemplateSpec, from, to serving.EngineConfig) error {
	c := &template.Spec.Containers[t.container]
	parts := engine.Edit(t.engine.Catalogue(), from, to, c.Command, c.Args)
	c.Command, c.Args = parts[0], parts[1]
	if to.Version != from.Version && to.Version != "" {
		image, err := retag(c.Image, from.Version, to.Version)
		if err != nil {
			return fmt.Errorf("%w: %w", provision.ErrInvalid, err)
		}
		c.Image = image
	}
	return note(template, t.container, to)
}

// retag puts another version into an image's tag.
func retag(image, from, to string) (string, error) {
	at := strings.LastIndexByte(image, ':')
	if at < strings.LastIndexByte(image, '/') || strings.Contains(image, "@") || from == "" || !strings.Contains(image[at+1:], from) {
		return "", fmt.Errorf("image %s has no tag with version %q in it, so %q cannot be put in its place", image, from, to)
	}
	return image[:at+1] + strings.Replace(image[at+1:], from, to, 1), nil
}
