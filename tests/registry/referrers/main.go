// A registry in memory with the referrers API, for tests/e2e/referrers_test.sh: another implementation than ours of
// what Debian's docker-registry has not. Not built with the rest; `go build -o referrers-registry .` makes it.
package main

import (
	"log"
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	handler := registry.New(registry.WithReferrersSupport(true))
	log.Fatal(http.ListenAndServe(os.Args[1], handler))
}
