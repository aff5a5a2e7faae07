// Command tongban is the whole platform in one binary.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/tongban/tongban/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
