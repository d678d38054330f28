package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// OIDC are the settings by which tokens of an OpenID Connect issuer are taken beside
// API keys.
type OIDC struct {
	OIDCIssuer   string `help:"OpenID Connect issuer whose tokens are taken beside API keys, as its discovery document names it; none takes keys only." placeholder:"URL"`
	OIDCAudience string `help:"Audience that a token must be for." placeholder:"NAME"`
	// OIDCAlgorithms has no HMAC: the issuer would publish its key.
	OIDCAlgorithms []string      `help:"Algorithms by which tokens may be signed: RS, PS or ES with 256, 384 or 512, and EdDSA." enum:"RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA" default:"RS256,ES256" placeholder:"ALGORITHM"`
	OIDCLeeway     time.Duration `help:"How far the issuer's clock and ours may be apart." default:"30s"`
	OIDCActor      string        `help:"Claim that is the actor in records, as CLAIM@ISSUER." default:"sub" placeholder:"CLAIM"`
	OIDCRole       string        `help:"Claim, with dots between levels, whose values --oidc-roles turns into roles." default:"roles" placeholder:"CLAIM"`
	OIDCRoles      []string      `help:"What the values of the role claim mean: VALUE=viewer, =operator or =admin; the greatest counts, and a token without one may do nothing." placeholder:"VALUE=ROLE"`
	OIDCFleets     string        `help:"Claim that lists the fleets a token is good for, * for all; without this setting a token is good for all." placeholder:"CLAIM"`
	// OIDCNetworks keeps fleets from having to be allowed where an issuer is.
	OIDCNetworks []netip.Prefix `help:"Networks in which the issuer may be; default: those of --allowed-networks." placeholder:"CIDR"`
	// RoleOf is what OIDCRoles says, by value of the claim.
	RoleOf map[string]serving.Role `kong:"-"`
}

// load checks the settings where they are used, and reads the roles.
func (o *OIDC) load(auth string) error {
	if o.OIDCIssuer == "" {
		return nil
	}
	switch {
	case auth == "off":
		return wrong("oidc-issuer", "means nothing with --auth=off, which takes everybody", "leave one of them out")
	case !strings.HasPrefix(o.OIDCIssuer, "https://") && !strings.HasPrefix(o.OIDCIssuer, "http://127.0.0.1:"):
		return wrong("oidc-issuer", "is no https address", "give the issuer, for example https://login.example.com/realms/ops")
	case o.OIDCAudience == "":
		return wrong("oidc-audience", "is missing, so tokens for anybody would be taken", "name the audience that the issuer puts into tokens for this API")
	case o.OIDCLeeway < 0 || o.OIDCLeeway > maxLeeway:
		return wrong("oidc-leeway", fmt.Sprintf("%s is not within 0..%s", o.OIDCLeeway, maxLeeway), "give what the clocks are apart at most, and set them right")
	case o.OIDCActor == "" || o.OIDCRole == "":
		return wrong("oidc-role", "the claims of actor and role must have names", "leave the settings out for sub and roles")
	}
	return o.readRoles()
}

// maxLeeway is above what clocks of hosts with NTP are ever apart.
const maxLeeway = 5 * time.Minute

func (o *OIDC) readRoles() error {
	if len(o.OIDCRoles) == 0 {
		return wrong("oidc-roles", "is missing, so nobody with a token could do anything", "write for example sre=admin,dev=operator")
	}
	o.RoleOf = map[string]serving.Role{}
	for _, item := range o.OIDCRoles {
		value, role, _ := strings.Cut(item, "=")
		if value == "" || !slices.Contains(serving.Roles(), serving.Role(role)) {
			return wrong("oidc-roles", "one is not of the right form", "write VALUE=viewer, VALUE=operator or VALUE=admin")
		}
		o.RoleOf[value] = serving.Role(role)
	}
	return nil
}
