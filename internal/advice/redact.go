package advice

import "regexp"

// secrets are forms of credentials: keys by their well-known prefixes, bearer
// tokens, user information in addresses, and values after a telling name. RE2 has
// no backtracking, so a hostile text costs linear time.
var secrets = []struct {
	form *regexp.Regexp
	by   string
}{
	{regexp.MustCompile(`\b(?:sk|gsk|pk|rk)[-_][A-Za-z0-9_-]{8,}`), redacted},
	{regexp.MustCompile(`\bhf_[A-Za-z0-9]{8,}`), redacted},
	{regexp.MustCompile(`\b(?:ghp|gho|ghs|github_pat|glpat|xox[abp])[-_][A-Za-z0-9_-]{8,}`), redacted},
	{regexp.MustCompile(`\bAKIA[0-9A-Z]{12,}`), redacted},
	{regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`), redacted},
	{regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}`), "${1} " + redacted},
	{regexp.MustCompile(`([a-z][a-z0-9+.-]*://)[^\s/@"']+@`), "${1}" + redacted + "@"},
	{regexp.MustCompile(`(?i)((?:api[-_]?key|token|secret|password|passwd)["']?\s*[=:]\s*["']?)[^\s"',;}]{6,}`), "${1}" + redacted},
	{regexp.MustCompile(`(?i)(--[a-z-]*(?:api[-_]?key|token|secret|password)\s+)[^\s"',;}]{6,}`), "${1}" + redacted},
}

const redacted = "[redacted]"

// Redact replaces what looks like a credential. It is applied to what is sent, to
// what is kept and to what people read.
func Redact(text string) string {
	for _, s := range secrets {
		text = s.form.ReplaceAllString(text, s.by)
	}
	return text
}
