package browser

import (
	"context"
	"encoding/base64"
	"fmt"
)

// keys are those that tests press, with their codes and the text they type.
func key(name string) (code int, text string, ok bool) {
	switch name {
	case "Tab":
		return 9, "", true
	case "Enter":
		return 13, "\r", true
	case "Escape":
		return 27, "", true
	}
	return 0, "", false
}

// Press presses and releases a key: Tab, Enter or Escape.
func (p *Page) Press(ctx context.Context, name string) error {
	code, text, ok := key(name)
	if !ok {
		return fmt.Errorf("key %q is not known here", name)
	}
	for _, kind := range []string{"keyDown", "keyUp"} {
		params := object{"type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code}
		if kind == "keyDown" && text != "" {
			params["text"] = text
		}
		if err := p.do(ctx, "Input.dispatchKeyEvent", params, nil); err != nil {
			return err
		}
	}
	return nil
}

// Type enters text where the focus is.
func (p *Page) Type(ctx context.Context, text string) error {
	return p.do(ctx, "Input.insertText", object{"text": text}, nil)
}

// Emulate shows the page as "screen" or "print", in a "light" or "dark" scheme.
func (p *Page) Emulate(ctx context.Context, media, scheme string) error {
	return p.do(ctx, "Emulation.setEmulatedMedia", object{"media": media,
		"features": []object{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// Resize gives the page a width and height in pixels.
func (p *Page) Resize(ctx context.Context, width, height int) error {
	return p.do(ctx, "Emulation.setDeviceMetricsOverride", object{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
}

// Screenshot is the whole page as PNG.
func (p *Page) Screenshot(ctx context.Context) ([]byte, error) {
	return p.bytes(ctx, "Page.captureScreenshot", object{"format": "png", "captureBeyondViewport": true})
}

// PDF is the page as it is printed.
func (p *Page) PDF(ctx context.Context) ([]byte, error) {
	return p.bytes(ctx, "Page.printToPDF", object{"preferCSSPageSize": true})
}

func (p *Page) bytes(ctx context.Context, method string, params object) ([]byte, error) {
	var got struct{ Data string }
	if err := p.do(ctx, method, params, &got); err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(got.Data)
}
