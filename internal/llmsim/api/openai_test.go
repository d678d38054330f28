package api_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/sashabaranov/go-openai"
	"github.com/stretchr/testify/require"
)

// client is the library that our own advisor uses, so it stands for clients.
func (h *harness) client() *openai.Client {
	config := openai.DefaultConfig("unused")
	config.BaseURL = h.server.URL + "/v1"
	return openai.NewClientWithConfig(config)
}

func chatRequest(most int) openai.ChatCompletionRequest {
	return openai.ChatCompletionRequest{
		Model: served, MaxCompletionTokens: most,
		Messages: []openai.ChatCompletionMessage{{Role: "user", Content: "how do engines schedule requests"}},
	}
}

func TestOpenAIClient_Chat_WholeAndStreamedAnswersAgree(t *testing.T) {
	t.Parallel()
	h := serve(t)
	whole, err := h.client().CreateChatCompletion(context.Background(), chatRequest(12))
	require.NoError(t, err)
	require.Equal(t, served, whole.Model)
	require.Equal(t, "assistant", whole.Choices[0].Message.Role)
	require.Equal(t, openai.FinishReasonLength, whole.Choices[0].FinishReason)
	require.Equal(t, 7, whole.Usage.PromptTokens, "five words and two roles")
	require.Equal(t, 12, whole.Usage.CompletionTokens)
	require.Equal(t, 19, whole.Usage.TotalTokens)
	require.Len(t, strings.Fields(whole.Choices[0].Message.Content), 12)

	request := chatRequest(12)
	request.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
	stream, err := h.client().CreateChatCompletionStream(context.Background(), request)
	require.NoError(t, err)
	defer stream.Close()
	var text strings.Builder
	var last openai.ChatCompletionStreamResponse
	chunks, reason := 0, openai.FinishReason("")
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		last = chunk
		for _, c := range chunk.Choices {
			text.WriteString(c.Delta.Content)
			if c.Delta.Content != "" {
				chunks++
			}
			if c.FinishReason != "" {
				reason = c.FinishReason
			}
		}
	}
	require.Equal(t, whole.Choices[0].Message.Content, text.String())
	require.Equal(t, 12, chunks, "an event for each token")
	require.Equal(t, openai.FinishReasonLength, reason)
	require.Empty(t, last.Choices)
	require.Equal(t, &whole.Usage, last.Usage)
}

func TestOpenAIClient_Completion_WholeAndStreamedAnswersAgree(t *testing.T) {
	t.Parallel()
	h := serve(t)
	request := openai.CompletionRequest{Model: "alias", Prompt: "once upon a time", MaxTokens: 9}
	whole, err := h.client().CreateCompletion(context.Background(), request)
	require.NoError(t, err)
	require.Equal(t, 4, whole.Usage.PromptTokens)
	require.True(t, strings.HasPrefix(whole.Choices[0].Text, " "), "it continues the prompt")

	stream, err := h.client().CreateCompletionStream(context.Background(), request)
	require.NoError(t, err)
	defer stream.Close()
	text := ""
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		require.Nil(t, chunk.Usage, "not asked for")
		text += chunk.Choices[0].Text
	}
	require.Equal(t, whole.Choices[0].Text, text)
}

func TestOpenAIClient_UnknownModel_IsNotFound(t *testing.T) {
	t.Parallel()
	h := serve(t)
	request := chatRequest(4)
	request.Model = "gpt-none"
	_, err := h.client().CreateChatCompletion(context.Background(), request)
	var problem *openai.APIError
	require.ErrorAs(t, err, &problem)
	require.Equal(t, 404, problem.HTTPStatusCode)
	require.Equal(t, "NotFoundError", problem.Type)
	require.Contains(t, problem.Message, "gpt-none")
}

func TestOpenAIClient_ListModels(t *testing.T) {
	t.Parallel()
	h := serve(t)
	list, err := h.client().ListModels(context.Background())
	require.NoError(t, err)
	require.Len(t, list.Models, 2)
	require.Equal(t, served, list.Models[0].ID)
	require.Equal(t, "org/model", list.Models[1].Root)
}
