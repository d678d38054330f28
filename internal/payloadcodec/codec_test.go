package payloadcodec_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"github.com/optiinfra/performance-agent/internal/payloadcodec"
)

func key(id string, b byte) payloadcodec.Key {
	return payloadcodec.Key{ID: id, Bytes: bytes.Repeat([]byte{b}, payloadcodec.KeySize)}
}

func codec(t *testing.T, keys ...payloadcodec.Key) *payloadcodec.Codec {
	t.Helper()
	c, err := payloadcodec.New(keys)
	require.NoError(t, err)
	return c
}

func secretPayload() *commonpb.Payload {
	return &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain"), "messageType": []byte("m")}, Data: []byte(`{"secret":"hunter2"}`)}
}

func encode(t *testing.T, c *payloadcodec.Codec) *commonpb.Payload {
	t.Helper()
	out, err := c.Encode([]*commonpb.Payload{secretPayload()})
	require.NoError(t, err)
	require.Len(t, out, 1)
	return out[0]
}

func TestCodec_WhatIsKept_ShowsNothingAndComesBackWhole(t *testing.T) {
	t.Parallel()
	c := codec(t, key("k1", 1))
	kept := encode(t, c)
	require.Equal(t, "binary/encrypted", string(kept.Metadata["encoding"]))
	require.Equal(t, "k1", string(kept.Metadata["encryption-key-id"]))
	for _, word := range []string{"hunter2", "json/plain", "messageType"} {
		require.NotContains(t, kept.String(), word)
	}
	out, err := c.Decode([]*commonpb.Payload{kept})
	require.NoError(t, err)
	require.True(t, proto.Equal(secretPayload(), out[0]))
	require.NotEqual(t, kept.Data, encode(t, c).Data, "the same twice is not seen to be the same")
}

func TestCodec_Rotation_NewKeyWritesOldKeyReads(t *testing.T) {
	t.Parallel()
	old := encode(t, codec(t, key("k1", 1)))
	rotated := codec(t, key("k2", 2), key("k1", 1))
	out, err := rotated.Decode([]*commonpb.Payload{old})
	require.NoError(t, err)
	require.True(t, proto.Equal(secretPayload(), out[0]))
	require.Equal(t, "k2", string(encode(t, rotated).Metadata["encryption-key-id"]))

	_, err = codec(t, key("k2", 2)).Decode([]*commonpb.Payload{old})
	require.ErrorIs(t, err, payloadcodec.ErrUnknownKey)
	require.ErrorContains(t, err, `"k1"`)
}

func TestCodec_WhatWasWrittenBefore_PassesAsItIs(t *testing.T) {
	t.Parallel()
	out, err := codec(t, key("k1", 1)).Decode([]*commonpb.Payload{secretPayload(), {}, nil})
	require.NoError(t, err)
	require.True(t, proto.Equal(secretPayload(), out[0]))
	require.Nil(t, out[2])
}

func TestCodec_WhatWasTamperedWith_IsRefusedWithoutBeingShown(t *testing.T) {
	t.Parallel()
	c := codec(t, key("k1", 1), key("k2", 2))
	for name, change := range map[string]func(*commonpb.Payload){
		"a bit":       func(p *commonpb.Payload) { p.Data[len(p.Data)-1] ^= 1 },
		"the nonce":   func(p *commonpb.Payload) { p.Data[0] ^= 1 },
		"another key": func(p *commonpb.Payload) { p.Metadata["encryption-key-id"] = []byte("k2") },
		"cut off":     func(p *commonpb.Payload) { p.Data = p.Data[:5] },
		"empty":       func(p *commonpb.Payload) { p.Data = nil },
	} {
		p := encode(t, c)
		change(p)
		_, err := c.Decode([]*commonpb.Payload{p})
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "hunter2")
	}
	_, err := codec(t, key("k1", 9)).Decode([]*commonpb.Payload{encode(t, c)})
	require.Error(t, err, "a key of the same name")
}

func TestNew_KeysThatAreNone_AreRefusedWithoutBeingShown(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string][]payloadcodec.Key{
		"none": nil, "short": {{ID: "k", Bytes: []byte("hunter2")}}, "nameless": {key("", 1)}, "twice": {key("k", 1), key("k", 2)},
	} {
		_, err := payloadcodec.New(keys)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

func TestCodec_UnderTheSDKsConverter_KeepsValues(t *testing.T) {
	t.Parallel()
	data := converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec(t, key("k1", 1)))
	payload, err := data.ToPayload(map[string]int{"n": 7})
	require.NoError(t, err)
	var out map[string]int
	require.NoError(t, data.FromPayload(payload, &out))
	require.Equal(t, 7, out["n"])
}
