//go:build ignore

// This program writes prices.csv from the list prices that the Go module of
// Karpenter's provider for AWS ships (Apache-2.0):
//
//	go mod download -json github.com/aws/karpenter-provider-aws@v1.14.1   # prints Dir
//	go run nodes/prices_generate.go DIR v1.14.1 > nodes/prices.csv
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: prices_generate DIR VERSION")
		os.Exit(2)
	}
	const file = "pkg/providers/pricing/zz_generated.pricing_aws.go"
	text, err := os.ReadFile(filepath.Join(os.Args[1], file))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	date := regexp.MustCompile(`generated at (\S+) for us-east-1`).FindStringSubmatch(string(text))
	_, region, _ := strings.Cut(string(text), `"us-east-1": {`)
	region, _, _ = strings.Cut(region, "\n\t},")
	found := regexp.MustCompile(`"([a-z0-9.-]+)": ([0-9.]+)`).FindAllStringSubmatch(region, -1)
	if date == nil || len(found) < 500 {
		fmt.Fprintf(os.Stderr, "%s: has another form than expected: %d prices\n", file, len(found))
		os.Exit(1)
	}
	var rows []string
	for _, m := range found {
		rows = append(rows, m[1]+","+m[2])
	}
	slices.Sort(rows)
	fmt.Printf("# On-demand list prices of EC2 in us-east-1, Linux, USD an hour, of %s.\n", date[1])
	fmt.Printf("# From github.com/aws/karpenter-provider-aws %s, %s,\n", os.Args[2], file)
	fmt.Println("# licensed under the Apache License, Version 2.0 (http://www.apache.org/licenses/LICENSE-2.0).")
	fmt.Println("# Written by nodes/prices_generate.go.")
	fmt.Println("type,usd_per_hour")
	fmt.Println(strings.Join(rows, "\n"))
}
