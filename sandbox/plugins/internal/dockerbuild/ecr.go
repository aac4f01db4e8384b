package dockerbuild

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/distribution/reference"
)

// repository is one in ECR, and a tag in it.
type repository struct{ host, account, region, name, tag string }

var ecrHost = regexp.MustCompile(`^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$`)

func repositoryOf(tag string) (repository, error) {
	named, err := reference.ParseNormalizedNamed(tag)
	if err != nil {
		return repository{}, err
	}
	host := reference.Domain(named)
	parts := ecrHost.FindStringSubmatch(host)
	if parts == nil {
		return repository{}, fmt.Errorf("there is no Docker here, and the sandbox simulates no registry but Amazon's ECR. "+
			"%s needs the official Pulumi CLI with its docker-build plugin, and Docker", host)
	}
	found := repository{host: host, account: parts[1], region: parts[2], name: reference.Path(named), tag: "latest"}
	if tagged, ok := named.(reference.Tagged); ok {
		found.tag = tagged.Tag()
	}
	return found, nil
}

// signIn compares the credentials with the token that the registry hands out, as the registry itself would.
func (r repository) signIn(ctx context.Context, credentials []registry) error {
	var given *registry
	for index, each := range credentials {
		address := strings.TrimPrefix(strings.TrimPrefix(each.Address, "https://"), "http://")
		if host, _, _ := strings.Cut(address, "/"); host == r.host {
			given = &credentials[index]
		}
	}
	if given == nil {
		return errors.New("authorization failed: no basic auth credentials")
	}
	var answer struct {
		AuthorizationData []struct{ AuthorizationToken string }
	}
	if err := r.call(ctx, "GetAuthorizationToken", map[string]any{"registryIds": []string{r.account}}, &answer); err != nil {
		return err
	}
	token := base64.StdEncoding.EncodeToString([]byte(given.Username + ":" + given.Password))
	for _, each := range answer.AuthorizationData {
		if each.AuthorizationToken == token {
			return nil
		}
	}
	return errors.New("authorization failed: 403 Forbidden: Your authorization token is invalid or has expired. Reauthenticate and try again")
}

// has asks by the tag alone: moto 5.2.5 does not say when a tag and a digest that are asked for belong to different images.
func (r repository) has(ctx context.Context, digest string) (bool, error) {
	found, err := r.digest(ctx)
	return found == digest, err
}

// digest is that of the image under the tag; none where nothing is under it.
func (r repository) digest(ctx context.Context) (string, error) {
	var answer struct {
		Images []struct{ ImageID struct{ ImageDigest string } }
	}
	tagged := map[string]string{"imageTag": r.tag}
	err := r.call(ctx, "BatchGetImage", map[string]any{"repositoryName": r.name, "imageIds": []any{tagged}}, &answer)
	if err != nil || len(answer.Images) == 0 {
		return "", err
	}
	return answer.Images[0].ImageID.ImageDigest, nil
}

func (r repository) put(ctx context.Context, content document, tag string) error {
	arguments := map[string]any{
		"repositoryName": r.name, "imageManifest": content.text, "imageManifestMediaType": content.kind, "imageDigest": content.digest,
	}
	if tag != "" {
		arguments["imageTag"] = tag
	}
	return r.call(ctx, "PutImage", arguments, nil)
}

func (r repository) remove(ctx context.Context, digest string) error {
	image := map[string]string{"imageDigest": digest}
	return r.call(ctx, "BatchDeleteImage", map[string]any{"repositoryName": r.name, "imageIds": []any{image}}, nil)
}

// client has a time limit: a simulated AWS answers at once or not at all.
var client = &http.Client{Timeout: 30 * time.Second}

// call is a call of ECR's API at the simulated AWS, which checks no signature but reads region and service from one.
func (r repository) call(ctx context.Context, operation string, arguments, answer any) error {
	endpoint := os.Getenv("AWS_ENDPOINT_URL")
	if endpoint == "" {
		return errors.New("there is no Docker here, and no simulated AWS to push to. " +
			"Deploying needs the official Pulumi CLI with its docker-build plugin (https://www.pulumi.com/docs/install/), and Docker")
	}
	body, err := json.Marshal(arguments)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921."+operation)
	request.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/19700101/%s/ecr/aws4_request, SignedHeaders=host, Signature=none",
		os.Getenv("AWS_ACCESS_KEY_ID"), r.region))
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	decoder := json.NewDecoder(response.Body)
	if response.StatusCode != http.StatusOK {
		var failure struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		if err := decoder.Decode(&failure); err != nil || failure.Message == "" {
			return fmt.Errorf("the registry answers %s", response.Status)
		}
		return fmt.Errorf("%s: %s", failure.Type, failure.Message)
	}
	if answer == nil {
		return nil
	}
	return decoder.Decode(answer)
}
