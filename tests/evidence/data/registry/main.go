// Command registry serves an empty OCI registry on the loopback address and prints where. It has the referrers API
// unless it is told `no-referrers`.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	quiet := registry.Logger(log.New(io.Discard, "", 0))
	referrers := len(os.Args) < 2 || os.Args[1] != "no-referrers"
	log.Fatal(http.Serve(listener, registry.New(registry.WithReferrersSupport(referrers), quiet)))
}
