// Command pod_security_oracle says what upstream's own evaluator finds in pods.
//
// It reads one JSON object per line, {"level": "restricted", "version": "v1.36", "pod": {...}}, and writes one per line:
// whether each control that is in force allows the pod, {"hostPorts": true, ...}.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	kjson "sigs.k8s.io/json"
)

type question struct {
	Level   api.Level       `json:"level"`
	Version string          `json:"version"`
	Pod     json.RawMessage `json:"pod"`
}

func main() {
	if err := answerAll(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answerAll() error {
	verdicts := map[policy.CheckID]bool{}
	evaluator, err := policy.NewEvaluator(recorded(verdicts), nil)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	answers := json.NewEncoder(out)
	for number := 1; lines.Scan(); number++ {
		clear(verdicts)
		if err := answer(evaluator, lines.Bytes()); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if err := answers.Encode(verdicts); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return out.Flush()
}

// answer evaluates one question; the verdicts are recorded by the checks themselves.
func answer(evaluator policy.Evaluator, line []byte) error {
	var asked question
	if err := json.Unmarshal(line, &asked); err != nil {
		return err
	}
	version, err := api.ParseVersion(asked.Version)
	if err != nil {
		return err
	}
	var pod corev1.Pod // read as the API server reads it: names of fields are case-sensitive
	if err := kjson.UnmarshalCaseSensitivePreserveInts(asked.Pod, &pod); err != nil {
		return err
	}
	evaluator.EvaluatePod(api.LevelVersion{Level: asked.Level, Version: version}, &pod.ObjectMeta, &pod.Spec)
	return nil
}

// recorded returns upstream's checks, each of which also writes its verdict down: results alone do not name their check.
func recorded(verdicts map[policy.CheckID]bool) []policy.Check {
	checks := policy.DefaultChecks()
	for _, check := range checks {
		for index, version := range check.Versions {
			check.Versions[index].CheckPod = func(metadata *metav1.ObjectMeta, spec *corev1.PodSpec) policy.CheckResult {
				result := version.CheckPod(metadata, spec)
				verdicts[check.ID] = result.Allowed
				return result
			}
		}
	}
	return checks
}
