// go_types prints, as JSON, how the Kubernetes API's Go types are written to JSON: what OpenAPI cannot say, namely
// which fields are pointers and which carry omitempty or omitzero. Input of generate_schema.py.
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

var roots = map[string]any{
	"/Pod":                                  corev1.Pod{},
	"/PodTemplate":                          corev1.PodTemplate{},
	"/ReplicationController":                corev1.ReplicationController{},
	"/Namespace":                            corev1.Namespace{},
	"/Service":                              corev1.Service{},
	"/ServiceAccount":                       corev1.ServiceAccount{},
	"/ConfigMap":                            corev1.ConfigMap{},
	"/Secret":                               corev1.Secret{},
	"/PersistentVolumeClaim":                corev1.PersistentVolumeClaim{},
	"/ResourceQuota":                        corev1.ResourceQuota{},
	"/LimitRange":                           corev1.LimitRange{},
	"apps/Deployment":                       appsv1.Deployment{},
	"apps/ReplicaSet":                       appsv1.ReplicaSet{},
	"apps/StatefulSet":                      appsv1.StatefulSet{},
	"apps/DaemonSet":                        appsv1.DaemonSet{},
	"batch/Job":                             batchv1.Job{},
	"batch/CronJob":                         batchv1.CronJob{},
	"autoscaling/HorizontalPodAutoscaler":   autoscalingv2.HorizontalPodAutoscaler{},
	"networking.k8s.io/Ingress":             networkingv1.Ingress{},
	"networking.k8s.io/NetworkPolicy":       networkingv1.NetworkPolicy{},
	"policy/PodDisruptionBudget":            policyv1.PodDisruptionBudget{},
	"rbac.authorization.k8s.io/Role":        rbacv1.Role{},
	"rbac.authorization.k8s.io/ClusterRole": rbacv1.ClusterRole{},
	"rbac.authorization.k8s.io/RoleBinding": rbacv1.RoleBinding{},
	"rbac.authorization.k8s.io/ClusterRoleBinding": rbacv1.ClusterRoleBinding{},
}

// The types that write themselves: their Go structure says nothing about their JSON.
var letters = map[string]string{
	"k8s.io/apimachinery/pkg/api/resource.Quantity":   "q",
	"k8s.io/apimachinery/pkg/util/intstr.IntOrString": "I",
	"k8s.io/apimachinery/pkg/apis/meta/v1.Time":       "t",
	"k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime":  "t",
	"k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1":   "a",
	"k8s.io/apimachinery/pkg/runtime.RawExtension":    "a",
}

// structs maps a Go type's full name to its JSON fields; each value is the type's code and its suffixes.
var structs = map[string]map[string]string{}

func fullName(t reflect.Type) string { return t.PkgPath() + "." + t.Name() }

func code(t reflect.Type) string {
	if letter, ok := letters[fullName(t)]; ok {
		return letter
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + code(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "y"
		}
		return "[" + code(t.Elem())
	case reflect.Map:
		return "{" + code(t.Elem())
	case reflect.Struct:
		describe(t)
		return "#" + fullName(t)
	case reflect.String:
		return "s"
	case reflect.Bool:
		return "b"
	case reflect.Float32, reflect.Float64:
		return "f"
	case reflect.Int64:
		return "l"
	case reflect.Int32:
		return "i"
	default:
		panic("no letter for " + t.String())
	}
}

func describe(t reflect.Type) {
	if _, known := structs[fullName(t)]; known {
		return
	}
	fields := map[string]string{}
	structs[fullName(t)] = fields
	collect(t, fields)
}

func collect(t reflect.Type, fields map[string]string) {
	for field := range t.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if name == "" && field.Anonymous {
			collect(field.Type, fields)
			continue
		}
		suffix := ""
		if strings.Contains(options, "omitempty") {
			suffix += "?"
		}
		if strings.Contains(options, "omitzero") {
			suffix += "0"
		}
		fields[name] = code(field.Type) + suffix
	}
}

func main() {
	kinds := map[string]string{}
	for kind, object := range roots {
		t := reflect.TypeOf(object)
		describe(t)
		kinds[kind] = fullName(t)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(map[string]any{"kinds": kinds, "types": structs}); err != nil {
		panic(err)
	}
}
