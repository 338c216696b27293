// Order one image from Omixa and write it to out.png; on any doubt one line on standard error, and no file.
// go run order.go [PROMPT]. It needs Go 1.21 and no module.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image/png"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

func must[T any](value T, err error) T { require(err == nil, "%v", err); return value }

func require(ok bool, format string, values ...any) {
	if !ok {
		log.Fatalf("order.go: "+format, values...)
	}
}

func post(body string) (*http.Response, []byte) {
	limit, err := time.ParseDuration(os.Getenv("OMIXA_TIMEOUT") + "s")
	if err != nil {
		limit = 2 * time.Minute
	}
	// Go sends a request again by itself if a kept connection fails. The timeout covers the body too.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: limit}
	request := must(http.NewRequest("POST", os.Getenv("OMIXA_BASE_URL")+"/images/generations", strings.NewReader(body)))
	request.Header.Set("Authorization", "Bearer "+os.Getenv("OMIXA_API_KEY"))
	request.Header.Set("Content-Type", "application/json")
	response := must(client.Do(request)) // without a whole response it may be charged: the program ends
	return response, must(io.ReadAll(response.Body))
}

func main() {
	log.SetFlags(0)
	prompt := must(json.Marshal(append(os.Args, "a lighthouse")[1]))
	body := `{"model": "gpt-image-1.5", "size": "1024x1024", "output_format": "png", "prompt": ` + string(prompt) + "}"
	response, text := post(body)
	// Only these two are never charged, so only these are repeated, and only once.
	if response.StatusCode == 429 || response.StatusCode == 503 {
		wait := must(strconv.Atoi("0" + response.Header.Get("Retry-After")))
		require(wait <= 30, "status %d, and a wait of %d s", response.StatusCode, wait)
		time.Sleep(time.Second * time.Duration(max(wait, 1)))
		response, text = post(body)
	}
	require(response.StatusCode == 200, "status %d: %.200q", response.StatusCode, text)
	var document struct{ Data []struct{ B64_JSON string } }
	require(json.Unmarshal(text, &document) == nil && len(document.Data) == 1, "paid for, and without an image")
	file := must(base64.StdEncoding.DecodeString(document.Data[0].B64_JSON))
	size := must(png.Decode(bytes.NewReader(file))).Bounds().Size() // reads the whole file
	require(size.X == 1024 && size.Y == 1024, "paid for, and of %v pixels", size)
	must(0, os.WriteFile("out.png", file, 0o644))
}
