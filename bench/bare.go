package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/id"
)

// replay writes again what a submission wrote, with identifiers of its own.
type replay struct {
	draft      string // whose identifier is replaced by that of another draft
	number     string
	statements []statement
	ids        []string // identifiers that are made anew each time
}

// statement is one change as SQL, its texts cut where an identifier stands.
type statement struct {
	query string
	args  []arg
}

// arg is a constant, or texts with identifiers between them.
type arg struct {
	value  any
	pieces []string
	holes  []int // index into the identifiers of a run: 0 draft, 1 number, 2... others
}

func newReplay(changes []change) *replay {
	r := &replay{number: changes[0].Number}
	seen := map[string]int{}
	for _, c := range changes {
		if c.Table == "form_drafts" {
			r.draft = c.Values[0].(string)
		}
	}
	seen[r.draft], seen[r.number] = 0, 1
	for _, c := range changes {
		for _, v := range c.Values {
			s, _ := v.(string)
			for _, u := range uuid.FindAllString(s, -1) {
				if _, ok := seen[u]; !ok {
					seen[u] = 2 + len(r.ids)
					r.ids = append(r.ids, u)
				}
			}
		}
	}
	for _, c := range changes {
		r.statements = append(r.statements, sqlOf(c, seen))
	}
	return r
}

func sqlOf(c change, seen map[string]int) statement {
	var s statement
	var names, holes, sets, keys []string
	for i, col := range c.Columns {
		hole := "$" + strconv.Itoa(i+1)
		names, holes = append(names, col.Name), append(holes, hole)
		sets = append(sets, col.Name+" = "+hole)
		if col.Key {
			keys = append(keys, col.Name+" = "+hole)
		}
		s.args = append(s.args, cut(c.Values[i], seen))
	}
	switch c.Kind {
	case "I":
		s.query = "INSERT INTO " + c.Table + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(holes, ", ") + ")"
	case "U":
		s.query = "UPDATE " + c.Table + " SET " + strings.Join(sets, ", ") + " WHERE " + strings.Join(keys, " AND ")
	default:
		panic("a submission deletes from " + c.Table + "; the replay does not know how")
	}
	return s
}

func cut(v any, seen map[string]int) arg {
	text, ok := v.(string)
	if !ok {
		return arg{value: v}
	}
	a := arg{value: v}
	rest := text
	for rest != "" {
		at, what := len(rest), ""
		for s := range seen {
			if i := strings.Index(rest, s); s != "" && i >= 0 && i < at {
				at, what = i, s
			}
		}
		a.pieces = append(a.pieces, rest[:at])
		if what == "" {
			break
		}
		a.holes = append(a.holes, seen[what])
		rest = rest[at+len(what):]
	}
	return a
}

func (a arg) fill(ids []string) any {
	if len(a.holes) == 0 {
		return a.value
	}
	var b strings.Builder
	for i, p := range a.pieces {
		b.WriteString(p)
		if i < len(a.holes) {
			b.WriteString(ids[a.holes[i]])
		}
	}
	return b.String()
}

// run writes the rows of one submission of the n-th draft.
func (r *replay) run(ctx context.Context, d *db.DB, n int) error {
	ids := []string{draftID(n), fmt.Sprintf("%s-%d", r.number, n)}
	for range r.ids {
		ids = append(ids, id.New())
	}
	return d.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		for _, s := range r.statements {
			args := make([]any, len(s.args))
			for i, a := range s.args {
				args[i] = a.fill(ids)
			}
			if _, err := tx.ExecContext(ctx, s.query, args...); err != nil {
				return fmt.Errorf("%s: %w", s.query, err)
			}
		}
		return nil
	})
}

// draftID is the identifier of the n-th copied draft.
func draftID(n int) string { return fmt.Sprintf("0193aaaa-0000-7000-8000-%012d", n) }

// serveBare is the bare handler: it reads a small JSON body, writes the rows,
// answers a small JSON body. It knows no one, checks nothing.
func serveBare(ctx context.Context, out io.Writer, file, database string) error {
	changes, err := load(file)
	if err != nil {
		return err
	}
	d, err := db.Open(ctx, database)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	r := newReplay(changes)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /", func(w http.ResponseWriter, q *http.Request) {
		var in struct{ N int }
		err := json.NewDecoder(q.Body).Decode(&in)
		if err == nil {
			err = r.run(q.Context(), d, in.N)
		}
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, err.Error()) //nolint:gosec // to ourselves
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"case": draftID(in.N), "number": r.number})
	})
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "ready at http://%s\n", l.Addr())
	server := &http.Server{Handler: mux} //nolint:gosec // on this machine, for a minute
	go func() { <-ctx.Done(); _ = server.Close() }()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
