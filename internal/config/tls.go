package config

// TLS are the certificates of the API; without them it speaks plain HTTP.
type TLS struct {
	TLSCert string `help:"Certificate chain of the API, PEM; read again when it changes." placeholder:"FILE"`
	TLSKey  string `help:"Private key of the certificate, PEM." placeholder:"FILE"`
	// TLSClientCA asks everybody for a certificate, probes too.
	TLSClientCA string `help:"Authorities, PEM, one of which must have signed the certificate of every client (mutual TLS)." placeholder:"FILE"`
}

// Enabled reports whether the API speaks TLS.
func (t TLS) Enabled() bool { return t.TLSCert != "" }

func (t TLS) check() error {
	switch {
	case (t.TLSCert == "") != (t.TLSKey == ""):
		return wrong("tls-cert", "a certificate and its key belong together", "give --tls-cert and --tls-key, or neither")
	case t.TLSClientCA != "" && t.TLSCert == "":
		return wrong("tls-client-ca", "clients cannot show certificates over plain HTTP", "give --tls-cert and --tls-key too")
	}
	return nil
}
