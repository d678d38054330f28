package deploy_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// compose is the part of the compose specification that our file uses; another
// field, and so a misspelt one, fails the test.
type compose struct {
	Hardened    service            `yaml:"x-hardened"`
	Environment map[string]string  `yaml:"x-environment"`
	Services    map[string]service `yaml:"services"`
	Volumes     map[string]any     `yaml:"volumes"`
}

type service struct {
	Image string `yaml:"image"`
	Build struct {
		Context    string `yaml:"context"`
		Dockerfile string `yaml:"dockerfile"`
		Target     string `yaml:"target"`
	} `yaml:"build"`
	Profiles    []string          `yaml:"profiles"`
	Environment map[string]string `yaml:"environment"`
	Volumes     []string          `yaml:"volumes"`
	Ports       []string          `yaml:"ports"`
	DependsOn   map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
	Healthcheck *struct {
		Test     []string `yaml:"test"`
		Interval string   `yaml:"interval"`
		Retries  int      `yaml:"retries"`
	} `yaml:"healthcheck"`
	Restart     string   `yaml:"restart"`
	ReadOnly    bool     `yaml:"read_only"`
	User        string   `yaml:"user"`
	CapDrop     []string `yaml:"cap_drop"`
	SecurityOpt []string `yaml:"security_opt"`
	NetworkMode string   `yaml:"network_mode"`
	PID         string   `yaml:"pid"`
	StopGrace   string   `yaml:"stop_grace_period"`
}

func composeFile(t *testing.T) compose {
	t.Helper()
	var c compose
	read(t, "../docker-compose.yaml", &c)
	require.NotEmpty(t, c.Services)
	return c
}

func TestCompose_References_AreToThingsThatExist(t *testing.T) {
	t.Parallel()
	c := composeFile(t)
	targets := dockerTargets(t)
	for name, s := range c.Services {
		require.True(t, (s.Image == "") != (s.Build.Target == ""), "%s is either an image or built", name)
		if s.Build.Target != "" {
			require.Contains(t, targets, s.Build.Target, name)
			require.FileExists(t, "../"+s.Build.Dockerfile)
		}
		for on, how := range s.DependsOn {
			require.Contains(t, c.Services, on, name)
			require.Contains(t, []string{"service_started", "service_healthy"}, how.Condition)
			require.True(t, how.Condition != "service_healthy" || c.Services[on].Healthcheck != nil, "%s waits for %s, which tells nothing", name, on)
		}
		for _, v := range s.Volumes {
			volume, at, _ := strings.Cut(v, ":")
			require.Contains(t, c.Volumes, volume, name)
			require.True(t, strings.HasPrefix(at, "/"), v)
		}
		for _, p := range s.Ports {
			require.Regexp(t, `^\d+:\d+$`, p)
		}
		for _, shared := range []string{s.NetworkMode, s.PID} {
			if of, ok := strings.CutPrefix(shared, "service:"); ok {
				require.Contains(t, c.Services, of, name)
			}
		}
	}
}

func TestCompose_OurServices_AreHardened(t *testing.T) {
	t.Parallel()
	for name, s := range composeFile(t).Services {
		if s.Build.Target == "" {
			continue
		}
		require.True(t, s.ReadOnly, name)
		require.Equal(t, "65532:65532", s.User, name)
		require.Equal(t, []string{"ALL"}, s.CapDrop, name)
		require.Contains(t, s.SecurityOpt, "no-new-privileges:true", name)
		require.Contains(t, s.Volumes, "state:/state", "the root is read-only")
	}
}

func TestCompose_Demo_IsAsked_For(t *testing.T) {
	t.Parallel()
	for name, s := range composeFile(t).Services {
		require.Equal(t, name == "demo", slices.Contains(s.Profiles, "demo"), name)
	}
}

// dockerTargets are the stages of the Dockerfile.
func dockerTargets(t *testing.T) []string {
	t.Helper()
	content, err := os.ReadFile("Dockerfile")
	require.NoError(t, err)
	var out []string
	for _, m := range regexp.MustCompile(`(?m)^FROM (\S+) AS (\S+)$`).FindAllStringSubmatch(string(content), -1) {
		out = append(out, m[2])
	}
	return out
}

func TestDockerfile_Images_RunWithoutRootFromStagesThatExist(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("Dockerfile")
	require.NoError(t, err)
	text := string(content)
	require.Contains(t, text, "\nUSER 65532:65532\n", "stages after it inherit it")
	stages := dockerTargets(t)
	for _, m := range regexp.MustCompile(`--from=(\S+)`).FindAllStringSubmatch(text, -1) {
		require.Contains(t, stages, m[1])
	}
	for _, m := range regexp.MustCompile(`(?m)^ENTRYPOINT (.*)$`).FindAllStringSubmatch(text, -1) {
		var parts []string
		require.NoError(t, yaml.Unmarshal([]byte(m[1]), &parts))
		require.Contains(t, text, " "+parts[0]+"\n", "%s is copied into no image", parts[0])
	}
	after := text[strings.Index(text, "FROM ${BASE}"):]
	require.NotContains(t, after, "RUN ", "there is no shell")
	require.NotContains(t, after, "USER root")
}
