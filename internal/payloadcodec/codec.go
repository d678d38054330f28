package payloadcodec

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

// KeySize is that of AES-256, in bytes.
const KeySize = 32

// Metadata of an encrypted payload; Temporal's tools know the first by its name.
const (
	metadataEncoding = "encoding"
	metadataKeyID    = "encryption-key-id"
	encrypted        = "binary/encrypted"
)

// Key is one key with the name by which payloads refer to it.
type Key struct {
	ID    string
	Bytes []byte // KeySize of them
}

// ErrUnknownKey says that a payload was written under a key that this program was
// not given.
var ErrUnknownKey = errors.New("the payload is encrypted under a key that is not configured")

// Codec implements converter.PayloadCodec. It is immutable and safe for concurrent
// use.
type Codec struct {
	active  string
	ciphers map[string]cipher.AEAD
}

// New encrypts under the first key and decrypts under any of them. To rotate, put a
// new key first and keep the old ones until the last workflow that they were used
// for is gone.
func New(keys []Key) (*Codec, error) {
	if len(keys) == 0 {
		return nil, errors.New("no payload key is given")
	}
	c := &Codec{active: keys[0].ID, ciphers: map[string]cipher.AEAD{}}
	for _, k := range keys {
		if _, twice := c.ciphers[k.ID]; twice || k.ID == "" {
			return nil, fmt.Errorf("payload key %q is given twice or has no name", k.ID)
		}
		if len(k.Bytes) != KeySize {
			return nil, fmt.Errorf("payload key %q has %d bytes, not %d", k.ID, len(k.Bytes), KeySize)
		}
		block, err := aes.NewCipher(k.Bytes)
		if err != nil {
			return nil, fmt.Errorf("payload key %q: %w", k.ID, err)
		}
		if c.ciphers[k.ID], err = cipher.NewGCM(block); err != nil {
			return nil, fmt.Errorf("payload key %q: %w", k.ID, err)
		}
	}
	return c, nil
}

// Optional is New where there are keys, and nil, which encrypts nothing, where there
// are none.
func Optional(keys []Key) (converter.PayloadCodec, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	return New(keys)
}

// Encode encrypts each payload as a whole, its metadata too. The name of the key is
// authenticated with it.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		plain, err := proto.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("encode payload %d: %w", i, err)
		}
		seal := c.ciphers[c.active]
		nonce := make([]byte, seal.NonceSize())
		_, _ = rand.Read(nonce) // never fails: it ends the program instead
		out[i] = &commonpb.Payload{
			Metadata: map[string][]byte{metadataEncoding: []byte(encrypted), metadataKeyID: []byte(c.active)},
			Data:     seal.Seal(nonce, nonce, plain, []byte(c.active)),
		}
	}
	return out, nil
}

// Decode decrypts what was encrypted and passes all else as it is.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		out[i] = p
		if string(p.GetMetadata()[metadataEncoding]) != encrypted {
			continue
		}
		plain, err := c.open(p)
		if err != nil {
			return nil, fmt.Errorf("decode payload %d: %w", i, err)
		}
		out[i] = plain
	}
	return out, nil
}

func (c *Codec) open(p *commonpb.Payload) (*commonpb.Payload, error) {
	id := p.GetMetadata()[metadataKeyID]
	seal, known := c.ciphers[string(id)]
	if !known {
		return nil, fmt.Errorf("%w: %q", ErrUnknownKey, id)
	}
	if len(p.GetData()) < seal.NonceSize() {
		return nil, errors.New("the payload is cut off")
	}
	plain, err := seal.Open(nil, p.GetData()[:seal.NonceSize()], p.GetData()[seal.NonceSize():], id)
	if err != nil {
		return nil, errors.New("the payload was changed, or is of another key of that name")
	}
	var out commonpb.Payload
	if err := proto.Unmarshal(plain, &out); err != nil {
		return nil, errors.New("the payload is not one of Temporal's")
	}
	return &out, nil
}
