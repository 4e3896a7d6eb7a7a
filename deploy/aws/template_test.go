package aws_test

import (
	"strconv"
	"testing"

	"okazaki/deploy/aws"

	"go.yaml.in/yaml/v3"
)

// The objects of large values outlive the items that point to them by two
// days.
func TestLargeValuesOutliveItems(t *testing.T) {
	var template struct {
		Parameters struct {
			KeepDays struct {
				Default       string
				AllowedValues []string `yaml:"AllowedValues"`
			} `yaml:"KeepDays"`
		} `yaml:"Parameters"`
		Mappings struct {
			KeepLarge map[string]struct {
				Days int `yaml:"Days"`
			} `yaml:"KeepLarge"`
		} `yaml:"Mappings"`
		Resources struct {
			Bucket struct {
				Properties struct {
					LifecycleConfiguration struct {
						Rules []struct {
							Prefix           string    `yaml:"Prefix"`
							ExpirationInDays yaml.Node `yaml:"ExpirationInDays"`
						} `yaml:"Rules"`
					} `yaml:"LifecycleConfiguration"`
				} `yaml:"Properties"`
			} `yaml:"Bucket"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(aws.Template), &template); err != nil {
		t.Fatal(err)
	}
	allowed := template.Parameters.KeepDays.AllowedValues
	if len(allowed) < 3 {
		t.Errorf("KeepDays may be %q", allowed)
	}
	for _, days := range allowed {
		n, err := strconv.Atoi(days)
		if large := template.Mappings.KeepLarge[days].Days; err != nil || large != n+2 {
			t.Errorf("items are kept for %s days, large values for %d (%v)", days, large, err)
		}
	}
	for _, r := range template.Resources.Bucket.Properties.LifecycleConfiguration.Rules {
		if r.Prefix == "jobs/" && r.ExpirationInDays.Tag != "!FindInMap" {
			t.Errorf("large values are kept for %s %s", r.ExpirationInDays.Tag, r.ExpirationInDays.Value)
		}
	}
}
