// Command reader plays a card reader at a window: it sends what the chip of an
// identity card would say. See docs/counter.md.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

func main() {
	if err := read(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "reader:", err)
		os.Exit(1)
	}
}

func read(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("reader", flag.ContinueOnError)
	site := flags.String("site", "http://127.0.0.1:8080", "address of the platform")
	key := flags.String("key", "", "key of the reader")
	name := flags.String("name", "", "name on the card")
	number := flags.String("number", "", "number on the card")
	if err := flags.Parse(args); err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{
		"nonce": rand.Text(), "at": time.Now().UTC(),
		"card": map[string]string{"name": *name, "number": *number, "valid_to": "长期"},
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, *site+"/api/v1/counter/reads", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+*key)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err := io.Copy(out, io.LimitReader(answer.Body, 1<<16)); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusCreated {
		return fmt.Errorf("the platform answered %s", answer.Status)
	}
	return nil
}
