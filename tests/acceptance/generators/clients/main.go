package main

import (
	"context"
	"fmt"
	"os"

	openapi "github.com/GIT_USER_ID/GIT_REPO_ID"
)

func main() {
	client := openapi.NewAPIClient(openapi.NewConfiguration())
	ctx := context.WithValue(context.Background(), openapi.ContextAccessToken, os.Getenv("OMIXA_API_KEY"))
	request := openapi.NewImageRequest("gpt-image-1.5", "a cat")
	request.SetN(2)
	response, _, err := client.ImagesAPI.GenerateImages(ctx).ImageRequest(*request).Execute()
	if err != nil {
		panic(err)
	}
	fmt.Println(len(response.Data), response.Usage.BilledAmount)
}
