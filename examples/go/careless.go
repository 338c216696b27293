// What not to do: http.Post has no timeout, the status is not read, and an error of the decoder is dropped.
package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"strings"
)

func main() {
	body := `{"model": "gpt-image-1.5", "prompt": "a lighthouse", "size": "1024x1024", "output_format": "png"}`
	request, _ := http.NewRequest("POST", os.Getenv("OMIXA_BASE_URL")+"/images/generations", strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer "+os.Getenv("OMIXA_API_KEY"))
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	var document struct{ Data []struct{ B64_JSON string } }
	json.NewDecoder(response.Body).Decode(&document)
	file, _ := base64.StdEncoding.DecodeString(document.Data[0].B64_JSON)
	os.WriteFile("out.png", file, 0o644)
}
