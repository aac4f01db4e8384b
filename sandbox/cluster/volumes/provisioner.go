// Package volumes provisions persistent volumes as folders of the node.
package volumes

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"

	"ai-platform/sandbox/cluster/config"
)

// CommandName is the subcommand that runs the provisioner.
const CommandName = "volume-provisioner"

// NewCommand runs the provisioner for the storage class "standard".
func NewCommand() *cobra.Command {
	var kubeconfig string
	command := &cobra.Command{
		Use:          CommandName,
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(*cobra.Command, []string) error {
			access, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
			if err != nil {
				return err
			}
			client, err := kubernetes.NewForConfig(access)
			if err != nil {
				return err
			}
			ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
			defer cancel()
			controller.NewProvisionController(ctx, client, config.VolumeProvisioner, Provisioner{Dir: config.VolumesDir},
				controller.LeaderElection(false)).Run(ctx)
			return nil
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "access to the API server")
	return command
}

// Provisioner makes a folder below Dir for every claim. A volume is of the type local, not hostPath, because only for
// that does kubelet apply a pod's fsGroup: pods that run as non-root can write, exactly when they could on a cloud disk.
type Provisioner struct{ Dir string }

// Provision makes the folder of a claim on the node that the scheduler chose for its pod.
// A simulated node's pods never write, so that an empty folder does for them too.
func (p Provisioner) Provision(_ context.Context, o controller.ProvisionOptions) (*corev1.PersistentVolume, controller.ProvisioningState, error) {
	if mode := o.PVC.Spec.VolumeMode; mode != nil && *mode == corev1.PersistentVolumeBlock {
		return nil, controller.ProvisioningFinished, fmt.Errorf("volumeMode Block is not supported: volumes are folders")
	}
	if o.PVC.Spec.Selector != nil {
		return nil, controller.ProvisioningFinished, fmt.Errorf("a claim with a selector is not provisioned")
	}
	if o.SelectedNodeName == "" {
		return nil, controller.ProvisioningFinished, fmt.Errorf("storage class %s must have volumeBindingMode WaitForFirstConsumer",
			o.StorageClass.Name)
	}
	path := filepath.Join(p.Dir, o.PVName)
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, controller.ProvisioningNoChange, err
	}
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: o.PVName},
		Spec: corev1.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *o.StorageClass.ReclaimPolicy,
			AccessModes:                   o.PVC.Spec.AccessModes,
			MountOptions:                  o.StorageClass.MountOptions,
			// As promised, not as enforced: the folder can grow until the disk is full.
			Capacity: corev1.ResourceList{
				corev1.ResourceStorage: o.PVC.Spec.Resources.Requests[corev1.ResourceStorage],
			},
			PersistentVolumeSource: corev1.PersistentVolumeSource{
				Local: &corev1.LocalVolumeSource{Path: path},
			},
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{
				NodeSelectorTerms: []corev1.NodeSelectorTerm{{
					MatchExpressions: []corev1.NodeSelectorRequirement{{
						Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{o.SelectedNodeName},
					}},
				}},
			}},
		},
	}, controller.ProvisioningFinished, nil
}

// Delete removes the folder of a volume, and only ever one directly below Dir.
func (p Provisioner) Delete(_ context.Context, volume *corev1.PersistentVolume) error {
	if volume.Spec.Local == nil {
		return &controller.IgnoredError{Reason: "it is not a local volume"}
	}
	path := filepath.Clean(volume.Spec.Local.Path)
	if name, ok := strings.CutPrefix(path, p.Dir+"/"); !ok || name == "" || strings.Contains(name, "/") {
		return &controller.IgnoredError{Reason: path + " is not a folder of this provisioner"}
	}
	return os.RemoveAll(path)
}
