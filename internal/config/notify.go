package config

import (
	"slices"
	"strings"
)

// NotifyTarget is somebody who is told what happens to fleets.
type NotifyTarget struct {
	Name  string
	Fleet string // whose notices; "" for all fleets
	Kind  string
	URL   string // a secret, which is why the setting only refers to it
}

// notifyTargets reads what --notify says: [FLEET/]NAME=KIND:REFERENCE each.
func (s Source) notifyTargets(list, kinds []string) ([]NotifyTarget, error) {
	const form = "write [FLEET/]NAME=KIND:REFERENCE, for example oncall=slack:env:SLACK_URL or chat/team=webhook:file:/run/secrets/hook"
	var out []NotifyTarget
	for _, item := range list {
		name, rest, named := strings.Cut(item, "=")
		kind, reference, kinded := strings.Cut(rest, ":")
		if !named || !kinded || name == "" || reference == "" {
			return nil, wrong("notify", "a target is not of the right form", form)
		}
		if !slices.Contains(kinds, kind) {
			return nil, wrong("notify", name+" is of no known kind", "use one of "+strings.Join(kinds, ", "))
		}
		if slices.ContainsFunc(out, func(t NotifyTarget) bool { return t.Name == name }) {
			return nil, wrong("notify", name+" is given twice", "give each target its own name")
		}
		url, err := s.secret("notify", reference)
		if err != nil {
			return nil, err
		}
		fleet, _, ofFleet := strings.Cut(name, "/")
		if !ofFleet {
			fleet = ""
		}
		if !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") {
			return nil, wrong("notify", name+" refers to no http or https address", form)
		}
		out = append(out, NotifyTarget{Name: name, Fleet: fleet, Kind: kind, URL: url})
	}
	return out, nil
}
