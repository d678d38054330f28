package perfmodel

// architectureRow is a model as data/models.yaml writes it.
type architectureRow struct {
	Name         string   `yaml:"name"`
	Match        []string `yaml:"match"`
	Source       string   `yaml:"source"`
	Layers       int      `yaml:"layers"`
	Hidden       int      `yaml:"hidden"`
	Intermediate int      `yaml:"intermediate"`
	Heads        struct {
		Query int `yaml:"query"`
		KV    int `yaml:"kv"`
		Dim   int `yaml:"dim"`
	} `yaml:"heads"`
	Vocabulary  int `yaml:"vocabulary"`
	MaxModelLen int `yaml:"max_model_len"`
	Experts     struct {
		Count        int     `yaml:"count"`
		Active       int     `yaml:"active"`
		Spread       float64 `yaml:"spread"`
		Intermediate int     `yaml:"intermediate"`
	} `yaml:"experts"`
	Window struct {
		Layers int `yaml:"layers"`
		Tokens int `yaml:"tokens"`
	} `yaml:"window"`
	Sampled bool    `yaml:"sampled"`
	Native  string  `yaml:"native"`
	Padding float64 `yaml:"padding"`
}

func (r architectureRow) architecture() Architecture {
	return Architecture{
		Name: r.Name, Match: r.Match, Source: r.Source,
		Layers: r.Layers, Hidden: r.Hidden, Intermediate: r.Intermediate,
		QueryHeads: r.Heads.Query, KVHeads: r.Heads.KV, HeadDim: r.Heads.Dim,
		Vocab: r.Vocabulary, MaxModelLen: r.MaxModelLen,
		Experts: r.Experts.Count, Active: r.Experts.Active, ExpertIntermediate: r.Experts.Intermediate, RoutingSpread: r.Experts.Spread,
		WindowLayers: r.Window.Layers, Window: r.Window.Tokens,
		Sampled: r.Sampled, Native: r.Native, Padding: r.Padding,
	}
}
