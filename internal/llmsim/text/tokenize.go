package text

import (
	"unicode"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// FNV-1a, 32 bits (Fowler, Noll and Vo).
const (
	fnvOffset = 2166136261
	fnvPrime  = 16777619
)

// Tokenize gives one token for each white-space separated word.
func Tokenize(s string) []sched.Token { return appendWords(nil, s) }

func appendWords(out []sched.Token, s string) []sched.Token {
	hash, inside := uint32(fnvOffset), false
	for _, r := range s {
		if unicode.IsSpace(r) {
			if inside {
				out = append(out, sched.Token(hash))
			}
			hash, inside = fnvOffset, false
			continue
		}
		hash, inside = (hash^uint32(r))*fnvPrime, true
	}
	if inside {
		out = append(out, sched.Token(hash))
	}
	return out
}

// FromIDs takes a prompt that the client has tokenized itself.
func FromIDs(ids []int) []sched.Token {
	out := make([]sched.Token, len(ids))
	for i, id := range ids {
		out[i] = sched.Token(uint32(id))
	}
	return out
}

// Message is one turn of a chat.
type Message struct {
	Role, Content string
}

// Chat is the prompt of a conversation: each message as a token for its role and
// its words, and the role token of the answer. So an answer that is sent back as
// a message continues the tokens of the request that produced it.
func Chat(messages []Message) []sched.Token {
	var out []sched.Token
	for _, m := range messages {
		out = append(out, roleToken(m.Role))
		out = appendWords(out, m.Content)
	}
	return append(out, roleToken("assistant"))
}

// roleToken cannot be the token of a word, since no word contains white space.
func roleToken(role string) sched.Token {
	hash := uint32(fnvOffset)
	for _, r := range "\n" + role {
		hash = (hash ^ uint32(r)) * fnvPrime
	}
	return sched.Token(hash)
}
