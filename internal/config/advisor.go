package config

import (
	"fmt"
	"net/url"
)

// Advisor are whom a worker asks for advice and how much. Without a key and
// without a URL nobody is asked, and runs go on by rules and model.
type Advisor struct {
	URL   string `help:"Base URL of an OpenAI-compatible API; default: Groq's, if there is a key." placeholder:"URL"`
	Model string `help:"Language model that is asked." default:"openai/gpt-oss-20b"`
	// Key is the key itself once the settings are loaded.
	Key          string `help:"Where the API's key is: env:NAME or file:PATH, for example env:GROQ_API_KEY." placeholder:"REFERENCE"`
	TokensPerRun int    `help:"Tokens, prompts and answers together, that one run may take." default:"20000"`
	// CallsPerMinute is 30 on Groq's free plan, for the whole organisation.
	CallsPerMinute float64 `help:"Calls a minute, over all workers." default:"30"`
}

// Advised says that somebody is asked.
func (a Advisor) Advised() bool { return a.Key != "" || a.URL != "" }

// advisor checks the settings and puts the key in the place of its reference.
func (s Source) advisor(a Advisor) (Advisor, error) {
	key, err := s.secret("advisor-key", a.Key)
	if err != nil {
		return a, err
	}
	a.Key = key
	address, err := url.Parse(a.URL)
	switch {
	case a.URL != "" && (err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https"):
		return a, wrong("advisor-url", "is no http or https address", "give one such as https://api.groq.com/openai/v1")
	case a.URL != "" && address.User != nil:
		return a, wrong("advisor-url", "holds credentials", "put the key where --advisor-key refers to")
	case a.Model == "":
		return a, wrong("advisor-model", "is empty", "name a model, or leave it out")
	case a.TokensPerRun < 1:
		return a, wrong("advisor-tokens-per-run", fmt.Sprintf("%d allows no call", a.TokensPerRun), "give some thousands; without a key nobody is asked")
	case a.CallsPerMinute <= 0:
		return a, wrong("advisor-calls-per-minute", fmt.Sprintf("%g allows no call", a.CallsPerMinute), "give at least 1; without a key nobody is asked")
	}
	return a, nil
}
