// Orders one image with Go's net/http, as an ordinary program does.
package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

func order() ([]byte, error) {
	body := `{"model": "gpt-image-1.5", "prompt": "a lighthouse", "size": "1024x1024", "output_format": "png"}`
	timeout, _ := time.ParseDuration(os.Getenv("OMIXA_TIMEOUT") + "s")
	request, _ := http.NewRequest("POST", os.Getenv("OMIXA_BASE_URL")+"/images/generations", strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer "+os.Getenv("OMIXA_API_KEY"))
	request.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{Timeout: timeout}).Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode >= 400 {
		return nil, fmt.Errorf("%d", response.StatusCode)
	}
	var document struct{ Data []struct{ B64_JSON string } }
	if err := json.NewDecoder(response.Body).Decode(&document); err != nil {
		return nil, err
	}
	if len(document.Data) == 0 {
		return nil, errors.New("no data")
	}
	return base64.StdEncoding.DecodeString(document.Data[0].B64_JSON)
}

// describeError returns a text that is the same in every run, without addresses.
func describeError(err error) string {
	var outer *url.Error
	if errors.As(err, &outer) && outer.Timeout() {
		return "timeout"
	}
	text := err.Error()
	parts := strings.Split(text, ": ")
	if strings.Contains(text, "->") || outer != nil {
		return parts[len(parts)-1]
	}
	return text
}

func main() {
	file, err := order()
	if err == nil {
		err = os.WriteFile("out.png", file, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, describeError(err))
		os.Exit(1)
	}
}
