package loadgen

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// vocabulary is 128 short, common English words. Most tokenizers keep each of
// them, with the space before it, as one token; the simulated engine counts
// words. A real tokenizer will still differ by some percent, so what is
// reported is always the prompt_tokens of the engine's own usage.
const vocabulary = `time year people way day man thing woman life child world school state family student group country problem
hand part place case week company system program question work government number night point home water room
mother area money story fact month lot right study book eye job word business issue side kind head house
service friend father power hour game line end member law car city community name president team minute idea
kid body information back parent face others level office door health person art war history party result
change morning reason research girl guy moment air teacher force education foot boy age policy music market
sense nation plan college interest death experience effect use class control field development role effort
rate heart drug show leader light voice`

const (
	wordBits     = 7 // 2^7 words
	wordCount    = 1 << wordBits
	wordsPerDraw = 64 / wordBits
)

// prompts writes the bodies of requests. The beginning of a prompt is that of
// its group and stays the same for one group seed; the rest differs for every
// text seed and request, so that nothing but the shared beginning can come from
// a prefix cache.
type prompts struct {
	words     []string
	protocol  protocol
	head      []byte
	share     float64
	groupSeed uint64
	textSeed  uint64
}

// history is the conversation before a turn, encoded as the protocol wants it.
// nil is none.
type history []byte

// newPrompts prepares prompts for a model. A model name and answers are the only
// text from outside, so they alone need escaping.
func newPrompts(p protocol, model string, w serving.Workload, groupSeed, textSeed uint64) prompts {
	var head []byte
	if p.named {
		name, _ := json.Marshal(model) // a string always marshals
		head = append([]byte(`{"model":`), name...)
	}
	return prompts{
		words:     strings.Fields(vocabulary),
		protocol:  p,
		head:      append(head, p.opening...),
		share:     w.PrefixShare,
		groupSeed: groupSeed,
		textSeed:  textSeed,
	}
}

// body is the JSON of one streaming request.
func (p prompts) body(s shot, before history) []byte {
	buf := make([]byte, 0, len(p.head)+len(before)+7*s.prompt+200)
	buf = append(buf, p.head...)
	buf = append(buf, before...)
	buf = p.appendTurn(buf, s, len(before) == 0)
	buf = append(buf, p.protocol.closing...)
	buf = strconv.AppendInt(buf, int64(s.output), 10)
	return append(buf, p.protocol.ending...)
}

// extend adds a turn and its answer to a conversation.
func (p prompts) extend(before history, s shot, answer []byte) history {
	out := p.appendTurn(before, s, len(before) == 0)
	quoted, _ := json.Marshal(string(answer)) // a string always marshals
	escaped := quoted[1 : len(quoted)-1]
	if p.protocol.turns {
		out = append(out, `,{"role":"assistant","content":"`...)
		out = append(out, escaped...)
		return append(out, `"},`...)
	}
	out = append(out, '\\', 'n')
	out = append(out, escaped...)
	return append(out, '\\', 'n')
}

// appendTurn writes what the user says. Only the first turn of a conversation
// begins as those of its group do; the later ones share all that came before.
func (p prompts) appendTurn(buf []byte, s shot, first bool) []byte {
	shared := 0
	if first {
		shared = int(p.share * float64(s.prompt))
	}
	if p.protocol.turns {
		buf = append(buf, `{"role":"user","content":"`...)
	}
	buf = p.appendWords(buf, mix(p.groupSeed, uint64(s.group)+1), shared)
	buf = p.appendWords(buf, mix(^p.textSeed, uint64(s.index)+1), s.prompt-shared)
	buf = buf[:len(buf)-1] // the last space
	if p.protocol.turns {
		buf = append(buf, `"}`...)
	}
	return buf
}

// appendWords writes n words, each followed by a space, drawn from a sequence
// that depends on the seed alone: a longer prompt of a group begins with a
// shorter one.
func (p prompts) appendWords(buf []byte, seed uint64, n int) []byte {
	var bits uint64
	for i := range n {
		if i%wordsPerDraw == 0 {
			bits = mix(seed, uint64(i))
		}
		buf = append(buf, p.words[bits%wordCount]...)
		buf = append(buf, ' ')
		bits >>= wordBits
	}
	return buf
}

// textSeed is what the words of a load's prompts depend on.
func textSeed(spec serving.LoadSpec) uint64 {
	if spec.TextSeed != 0 {
		return spec.TextSeed
	}
	return spec.Seed
}

// mix hashes two numbers into one by the finaliser of SplitMix64 (Steele, Lea
// and Flood 2014), whose output bits each depend on all input bits.
func mix(a, b uint64) uint64 {
	z := a + (b+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
