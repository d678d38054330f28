package config

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/payloadcodec"
)

// payloadKeys reads what --payload-keys says: ID=REFERENCE each, to 32 bytes in
// base64.
func (s Source) payloadKeys(list []string) ([]payloadcodec.Key, error) {
	const flag, form = "payload-keys", "write ID=env:NAME or ID=file:PATH, the key in base64 as of: openssl rand -base64 32"
	var out []payloadcodec.Key
	for _, item := range list {
		id, reference, _ := strings.Cut(item, "=")
		if id == "" || reference == "" {
			return nil, wrong(flag, "a key is not of the right form", form)
		}
		if slices.ContainsFunc(out, func(k payloadcodec.Key) bool { return k.ID == id }) {
			return nil, wrong(flag, id+" is given twice", "give each key its own name")
		}
		text, err := s.secret(flag, reference)
		if err != nil {
			return nil, err
		}
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(key) != payloadcodec.KeySize {
			return nil, wrong(flag, fmt.Sprintf("%s refers to no %d bytes in base64", id, payloadcodec.KeySize), form)
		}
		out = append(out, payloadcodec.Key{ID: id, Bytes: key})
	}
	return out, nil
}

// isOrigin accepts what a browser sends as Origin: a scheme, a host and perhaps a port.
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && text == u.Scheme+"://"+u.Host
}
