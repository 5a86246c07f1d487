// Writes vectors.json: roots, inclusion and consistency proofs and a signed checkpoint, made by the Go project's own
// transparency log code (golang.org/x/mod/sumdb). A maintainers' tool:
//
//	go mod init vectors && go get golang.org/x/mod && go run generate.go > vectors.json
package main

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"crypto/ed25519"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type store []tlog.Hash

func (s store) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range indexes {
		out = append(out, s[i])
	}
	return out, nil
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func list(hashes []tlog.Hash) []string {
	out := []string{}
	for _, h := range hashes {
		out = append(out, base64.StdEncoding.EncodeToString(h[:]))
	}
	return out
}

func main() {
	const size = 600
	var s store
	roots := []string{}
	for i := int64(0); i < size; i++ {
		s = append(s, must(tlog.StoredHashes(i, []byte(fmt.Sprintf("entry %d", i)), s))...)
		root := must(tlog.TreeHash(i+1, s))
		roots = append(roots, base64.StdEncoding.EncodeToString(root[:]))
	}
	inclusion := []any{}
	consistency := []any{}
	for _, n := range []int64{1, 2, 3, 5, 8, 13, 64, 255, 256, 257, 511, 512, 513, 600} {
		for _, i := range []int64{0, 1, n / 3, n / 2, n - 2, n - 1} {
			if i < 0 || i >= n {
				continue
			}
			inclusion = append(inclusion, map[string]any{"size": n, "index": i, "path": list(must(tlog.ProveRecord(n, i, s)))})
		}
		for _, m := range []int64{1, 2, 3, 7, 8, 100, 256, 300, 512} {
			if m < n {
				consistency = append(consistency, map[string]any{"old": m, "new": n, "path": list(must(tlog.ProveTree(n, m, s)))})
			}
		}
	}
	skey, vkey := must2(note.GenerateKey(rand.Reader, "ledger.example/go"))
	text := fmt.Sprintf("ledger.example/go\n%d\n%s\n", size, roots[size-1])
	signed := must(note.Sign(&note.Note{Text: text}, must(note.NewSigner(skey))))
	raw := must(base64.StdEncoding.DecodeString(strings.SplitN(vkey, "+", 3)[2]))
	der := must(x509.MarshalPKIXPublicKey(ed25519.PublicKey(raw[1:])))
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", " ")
	encoder.Encode(map[string]any{"entry": "\"entry N\" for N from 0", "roots": roots, "inclusion": inclusion, "consistency": consistency,
		"checkpoint": string(signed), "public_key_der": base64.StdEncoding.EncodeToString(der)})
}

func must2(a, b string, err error) (string, string) {
	if err != nil {
		panic(err)
	}
	return a, b
}
