package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"

	"ai-platform/sandbox/cluster/config"
	"ai-platform/sandbox/cluster/pauseimage"
)

const (
	// gracePeriodAnnotation is where kubelet notes a pod's terminationGracePeriodSeconds on each of its containers.
	gracePeriodAnnotation = "io.kubernetes.pod.terminationGracePeriod"
	// maxGrace bounds how long a stop of the node waits for its pods: a person waits for it.
	maxGrace = 20 * time.Second
)

// connection is to containerd. gRPC connects when it is used, and again when containerd was restarted.
var connection = sync.OnceValues(func() (*grpc.ClientConn, error) {
	return grpc.NewClient("unix://"+config.ContainerdSocket, grpc.WithTransportCredentials(insecure.NewCredentials()))
})

func runtimeAnswers(ctx context.Context) error {
	if !exists(config.ContainerdSocket) {
		return fmt.Errorf("%s is not there yet", config.ContainerdSocket)
	}
	conn, err := connection()
	if err != nil {
		return err
	}
	_, err = cri.NewRuntimeServiceClient(conn).Version(ctx, &cri.VersionRequest{}, grpc.WaitForReady(true))
	return err
}

// importPause returns the step that loads the pause image, unless the same one is there already.
func importPause(c config.Config, run runProgram) func(context.Context) error {
	return func(ctx context.Context) error {
		program, err := os.ReadFile(filepath.Join(config.Programs, "pause"))
		if err != nil {
			return err
		}
		archive, err := os.Create("/tmp/pause.tar")
		if err != nil {
			return err
		}
		defer os.Remove(archive.Name())
		defer archive.Close()
		id, err := pauseimage.Write(archive, config.PauseImage, program)
		if err != nil {
			return err
		}
		present, err := imageID(ctx, config.PauseImage)
		if err != nil || present == id {
			return err
		}
		ctr := filepath.Join(filepath.Dir(c.Containerd), "ctr")
		return run(ctx, []string{ctr, "--address", config.ContainerdSocket, "--namespace", "k8s.io",
			"images", "import", "--snapshotter", c.Snapshotter, archive.Name()})
	}
}

func imageID(ctx context.Context, reference string) (string, error) {
	conn, err := connection()
	if err != nil {
		return "", err
	}
	response, err := cri.NewImageServiceClient(conn).ImageStatus(ctx,
		&cri.ImageStatusRequest{Image: &cri.ImageSpec{Image: reference}})
	if err != nil {
		return "", err
	}
	return response.GetImage().GetId(), nil
}

// stopContainers ends every container with its pod's grace period, bounded. Nothing may start new ones meanwhile.
func stopContainers() error {
	ctx, cancel := context.WithTimeout(context.Background(), maxGrace+5*time.Second)
	defer cancel()
	conn, err := connection()
	if err != nil {
		return err
	}
	client := cri.NewRuntimeServiceClient(conn)
	list, err := client.ListContainers(ctx, &cri.ListContainersRequest{Filter: &cri.ContainerFilter{
		State: &cri.ContainerStateValue{State: cri.ContainerState_CONTAINER_RUNNING},
	}})
	if err != nil {
		return err
	}
	var stopping sync.WaitGroup
	for _, container := range list.Containers {
		stopping.Go(func() {
			_, err := client.StopContainer(ctx, &cri.StopContainerRequest{
				ContainerId: container.Id, Timeout: graceSeconds(container.Annotations),
			})
			if err != nil {
				fmt.Printf("stop container %s: %v\n", container.Metadata.GetName(), err)
			}
		})
	}
	stopping.Wait()
	return nil
}

func graceSeconds(annotations map[string]string) int64 {
	bound := int64(maxGrace / time.Second)
	seconds, err := strconv.ParseInt(annotations[gracePeriodAnnotation], 10, 64)
	if err != nil {
		return bound
	}
	return min(seconds, bound)
}
