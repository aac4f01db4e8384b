package volumes

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

func options(node string) controller.ProvisionOptions {
	reclaim := corev1.PersistentVolumeReclaimDelete
	return controller.ProvisionOptions{
		StorageClass:     &storagev1.StorageClass{ReclaimPolicy: &reclaim},
		PVName:           "pvc-1",
		SelectedNodeName: node,
		PVC: &corev1.PersistentVolumeClaim{Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources: corev1.VolumeResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")},
			},
		}},
	}
}

func TestProvisionedFolderIsDeletedWithItsVolume(t *testing.T) {
	p := Provisioner{Dir: t.TempDir()}
	volume, state, err := p.Provision(context.Background(), options("node-a"))
	if err != nil || state != controller.ProvisioningFinished {
		t.Fatal(state, err)
	}
	path := filepath.Join(p.Dir, "pvc-1")
	if volume.Spec.Local.Path != path {
		t.Errorf("volume is at %s", volume.Spec.Local.Path)
	}
	if got := volume.Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions[0].Values; got[0] != "node-a" {
		t.Errorf("volume belongs to node %v", got)
	}
	if err := os.WriteFile(filepath.Join(path, "data"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := p.Delete(context.Background(), volume); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestRefusesWhatItCannotDo(t *testing.T) {
	p := Provisioner{Dir: t.TempDir()}
	block := corev1.PersistentVolumeBlock
	refused := map[string]func(*controller.ProvisionOptions){
		"block device": func(o *controller.ProvisionOptions) { o.PVC.Spec.VolumeMode = &block },
		"selector":     func(o *controller.ProvisionOptions) { o.PVC.Spec.Selector = &metav1.LabelSelector{} },
		"no node":      func(o *controller.ProvisionOptions) { o.SelectedNodeName = "" },
	}
	for name, change := range refused {
		o := options("node-a")
		change(&o)
		if _, _, err := p.Provision(context.Background(), o); err == nil {
			t.Errorf("%s: provisioned", name)
		}
	}
}

func TestNeverDeletesOutsideOfItsFolder(t *testing.T) {
	parent := t.TempDir()
	p := Provisioner{Dir: filepath.Join(parent, "volumes")}
	for _, path := range []string{parent, p.Dir, p.Dir + "/../other", p.Dir + "/a/b"} {
		volume := &corev1.PersistentVolume{}
		volume.Spec.Local = &corev1.LocalVolumeSource{Path: path}
		if _, ignored := p.Delete(context.Background(), volume).(*controller.IgnoredError); !ignored {
			t.Errorf("%s was not left alone", path)
		}
	}
}
