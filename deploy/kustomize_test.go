package deploy_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/client-go/kubernetes/scheme"
)

// kustomization is the part of a kustomization that ours use; another field fails
// the test, so that none is overlooked here.
type kustomization struct {
	APIVersion string   `yaml:"apiVersion"`
	Kind       string   `yaml:"kind"`
	Namespace  string   `yaml:"namespace"`
	NameSuffix string   `yaml:"nameSuffix"`
	Resources  []string `yaml:"resources"`
	Patches    []struct {
		Path string `yaml:"path"`
	} `yaml:"patches"`
	Images []struct {
		Name   string `yaml:"name"`
		NewTag string `yaml:"newTag"`
	} `yaml:"images"`
	Labels []struct {
		Pairs            map[string]string `yaml:"pairs"`
		IncludeSelectors bool              `yaml:"includeSelectors"`
		IncludeTemplates bool              `yaml:"includeTemplates"`
	} `yaml:"labels"`
}

// manifest is one object as it is written, and as its patches make it.
type manifest struct {
	file string
	json []byte
	kind schema.GroupVersionKind
	name string
}

// read decodes a file into our own type and fails on fields that it has not.
func read(t *testing.T, path string, into any) {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	d := yaml.NewDecoder(bytes.NewReader(content))
	d.KnownFields(true)
	require.NoError(t, d.Decode(into), path)
}

// build resolves a kustomization as far as ours go: resources, then patches.
func build(t *testing.T, dir string) []manifest {
	t.Helper()
	var k kustomization
	read(t, filepath.Join(dir, "kustomization.yaml"), &k)
	require.Equal(t, "Kustomization", k.Kind, dir)
	require.NotEmpty(t, k.Resources, dir)
	var out []manifest
	for _, r := range k.Resources {
		path := filepath.Join(dir, r)
		info, err := os.Stat(path)
		require.NoError(t, err, "%s names a resource that is not there", dir)
		if info.IsDir() {
			out = append(out, build(t, path)...)
		} else {
			out = append(out, documents(t, path)...)
		}
	}
	for _, p := range k.Patches {
		for _, patch := range documents(t, filepath.Join(dir, p.Path)) {
			out = patched(t, out, patch)
		}
	}
	for _, image := range k.Images {
		require.Contains(t, imagesOf(t, out), image.Name, "%s tags an image that nothing runs", dir)
	}
	return out
}

// patched applies a strategic merge patch to the one object that it is for.
func patched(t *testing.T, all []manifest, patch manifest) []manifest {
	t.Helper()
	hits := 0
	for i, m := range all {
		if m.kind != patch.kind || m.name != patch.name {
			continue
		}
		hits++
		empty, err := scheme.Scheme.New(m.kind)
		require.NoError(t, err)
		all[i].json, err = strategicpatch.StrategicMergePatch(m.json, patch.json, empty)
		require.NoError(t, err, patch.file)
	}
	require.Equal(t, 1, hits, "%s must fit one object", patch.file)
	return all
}

// documents are the objects of one file.
func documents(t *testing.T, path string) []manifest {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	var out []manifest
	for d := yaml.NewDecoder(bytes.NewReader(content)); ; {
		var raw map[string]any
		err := d.Decode(&raw)
		if err == io.EOF {
			return out
		}
		require.NoError(t, err, path)
		encoded, err := json.Marshal(raw)
		require.NoError(t, err)
		apiVersion, _ := raw["apiVersion"].(string)
		kind, _ := raw["kind"].(string)
		metadata, _ := raw["metadata"].(map[string]any)
		name, _ := metadata["name"].(string)
		require.NotEmpty(t, name, path)
		out = append(out, manifest{file: path, json: encoded, name: name, kind: schema.FromAPIVersionAndKind(apiVersion, kind)})
	}
}

// decode reads the object strictly into Kubernetes' own type: an unknown or a
// doubled field, or a value of the wrong type, is an error as with the API server's
// strict validation.
func (m manifest) decode(t *testing.T) runtime.Object {
	t.Helper()
	strict := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	object, _, err := strict.Decode(m.json, nil, nil)
	require.NoError(t, err, "%s: %s %s", m.file, m.kind.Kind, m.name)
	return object
}
