package config

import "github.com/alecthomas/kong"

// Shared is what server and worker are told alike. Both must be given the same
// database and the same state directory.
type Shared struct {
	Config      kong.ConfigFlag `short:"c" env:"PERFAGENT_CONFIG" placeholder:"FILE" help:"YAML file with these settings, named as the flags are."`
	DatabaseURL string          `name:"database-url" env:"PERFAGENT_DATABASE_URL" placeholder:"URL" help:"postgres://... or sqlite:PATH; default: an SQLite file in the working directory."`
	StateDir    string          `default:".perfagent" env:"PERFAGENT_STATE_DIR" help:"Where the process provisioner keeps its records and logs."`
	Launcher    []string        `name:"engine-launcher" sep:" " env:"PERFAGENT_ENGINE_LAUNCHER" placeholder:"WORDS" help:"Words put before an engine's command line by the process provisioner, for example a wrapper or the simulated engine."`
	LogLevel    string          `default:"info" enum:"debug,info,warn,error" env:"PERFAGENT_LOG_LEVEL" help:"${enum}."`
}
