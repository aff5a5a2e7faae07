package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
)

// PostInput is what an administrator says of the post of a member of staff.
type PostInput struct {
	Agency contract.AgencyID // of a new post; one that is held stays in its agency
	Title  contract.Text
	Roles  []string
	Period
	// Was is the version of the post that the administrator saw; "" looks at none.
	Was string
}

// noVersion is the version of a post that an account never had.
const noVersion = "none"

// Version changes with whatever is said of a post, so that of two administrators who
// saw the same one the second is told.
func (p Post) Version() string {
	if p.ID == "" {
		return noVersion
	}
	parts := []string{p.ID, string(p.Agency), p.Title.ZH, p.Title.EN, strings.Join(p.Roles, "|"), p.From.String(), p.To.String()}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// NowPost returns the post that an account holds today, or the one it held last or
// will hold; Post.ID is "" for none. Holds reports whether it is today's.
func (s *Service) NowPost(ctx context.Context, p auth.Principal, id contract.AccountID) (a Account, post Post, holds bool, err error) {
	if a, err = accountByID(ctx, s.c.DB, string(id)); err != nil {
		return a, post, false, err
	}
	o, err := s.object(ctx, s.c.DB, a)
	if err != nil {
		return a, post, false, err
	}
	if err := s.c.Policy.Check(p, ActionPost, o); err != nil {
		return a, post, false, err
	}
	if a.Kind != auth.Staff {
		return a, post, false, ErrNoPost
	}
	post, holds, err = postOn(ctx, s.c.DB, a.ID, s.today())
	return a, post, holds, err
}

// postOn returns the post that counts on a day: the first that holds, as everywhere,
// or where none does the one that was made last.
func postOn(ctx context.Context, q db.Q, id contract.AccountID, on day.Date) (post Post, holds bool, err error) {
	posts, err := postsOf(ctx, q, id)
	if err != nil || len(posts) == 0 {
		return Post{}, false, err
	}
	if i := slices.IndexFunc(posts, func(x Post) bool { return x.holds(on) }); i >= 0 {
		return posts[i], true, nil
	}
	return posts[len(posts)-1], false, nil
}

// PutPost changes the post that a member of staff holds: title, roles and last day;
// who holds none gets one. Sessions end, because they carry what the person was; so
// does what was open at a window, and cases go back that are theirs no more.
func (s *Service) PutPost(ctx context.Context, p auth.Principal, id contract.AccountID, in PostInput) error {
	if err := in.check(); err != nil {
		return err
	}
	return s.changePost(ctx, p, id, func(ctx context.Context, tx db.Tx, was Post, holds bool) (Post, error) {
		if in.Was != "" && in.Was != was.Version() {
			return was, ErrPostChanged
		}
		if holds {
			was.Title, was.Roles, was.To = in.Title, in.Roles, in.To
			if !in.To.IsZero() && in.To.Before(s.today()) {
				return was, inPost("to", "identity.post.past")
			}
			return was, updatePost(ctx, tx, was)
		}
		fresh := Post{ID: s.c.NewID(), Title: in.Title, Roles: in.Roles, From: in.From, To: in.To}
		agency, err := s.c.Agencies.Agency(ctx, in.Agency)
		if fault.KindOf(err) == fault.NotFound {
			return fresh, inPost("agency", "identity.staff.agency")
		}
		if err != nil {
			return fresh, err
		}
		if in.From.IsZero() {
			return fresh, inPost("from", "identity.mandate.from_missing")
		}
		fresh.Account, fresh.Agency, fresh.Division = id, agency.ID, agency.Division
		o := policy.Object{Type: "Agency", ID: string(agency.ID), Attrs: map[string]any{"division": agency.Division}}
		if err := s.c.Policy.Check(p, ActionStaffCreate, o); err != nil {
			return fresh, err
		}
		return fresh, putPost(ctx, tx, fresh)
	})
}

// EndPost takes the post away at once: yesterday was its last day. A second click
// finds none. Version is that of the post which the administrator saw; "" looks at
// none.
func (s *Service) EndPost(ctx context.Context, p auth.Principal, id contract.AccountID, version string) error {
	return s.changePost(ctx, p, id, func(ctx context.Context, tx db.Tx, was Post, holds bool) (Post, error) {
		if !holds {
			return was, ErrNoPost
		}
		if version != "" && version != was.Version() {
			return was, ErrPostChanged
		}
		was.To = s.today().Add(-1)
		return was, updatePost(ctx, tx, was)
	})
}

func (s *Service) changePost(
	ctx context.Context, p auth.Principal, id contract.AccountID, do func(ctx context.Context, tx db.Tx, was Post, holds bool) (Post, error),
) error {
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		a, err := accountByID(ctx, tx, string(id))
		if err != nil {
			return err
		}
		o, err := s.object(ctx, tx, a)
		if err != nil {
			return err
		}
		if err := s.c.Policy.Check(p, ActionPost, o); err != nil {
			return err
		}
		if a.Kind != auth.Staff {
			return ErrNoPost
		}
		if err := tx.Lock(ctx, "identity.post."+string(id)); err != nil {
			return err
		}
		was, holds, err := postOn(ctx, tx, a.ID, s.today())
		if err != nil {
			return err
		}
		post, err := do(ctx, tx, was, holds)
		if err != nil {
			return err
		}
		if err := s.planEnd(ctx, tx, post); err != nil {
			return err
		}
		return s.postChanged(ctx, tx, p, a)
	})
}

// postChanged ends what an account had open as what it was before, and tells what it
// is now.
func (s *Service) postChanged(ctx context.Context, tx db.Tx, actor auth.Principal, a Account) error {
	if err := s.shutOut(ctx, tx, actor, a); err != nil {
		return err
	}
	e := AccountChanged{Account: a.ID, What: contract.AccountPost, At: s.at()}
	post, holds, err := postOn(ctx, tx, a.ID, s.today())
	if err != nil {
		return err
	}
	if holds {
		e.Post = &contract.Official{ID: a.ID, Name: a.Name, Agency: post.Agency, Division: post.Division, Roles: post.Roles}
	}
	return s.c.Events.Record(ctx, tx, event.Meta{Actor: actor, Subject: string(a.ID), Object: "account:" + string(a.ID)}, e)
}

// postJob ends a post after its last day: a session that began on that day would go
// on into the next with roles that are gone.
type postJob struct {
	Account contract.AccountID `json:"account"`
	Post    string             `json:"post"`
}

// Kind names the job.
func (postJob) Kind() string { return "identity.post" }

// Jobs registers what this area does by itself.
func (s *Service) Jobs(q *job.Queue) {
	s.jobs = q
	job.Handle(q, s.postOver)
}

// Plan plans the ends of posts that were made before anything planned them. What is
// planned already stays.
func (s *Service) Plan(ctx context.Context) error {
	posts, err := endingPosts(ctx, s.c.DB, s.today())
	if err != nil || len(posts) == 0 {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		for _, post := range posts {
			if err := s.planEnd(ctx, tx, post); err != nil {
				return err
			}
		}
		return nil
	})
}

// planEnd plans that a post is over with the end of its last day.
func (s *Service) planEnd(ctx context.Context, tx db.Tx, post Post) error {
	if s.jobs == nil {
		return nil
	}
	if err := s.jobs.Cancel(ctx, tx, postJob{}.Kind(), post.ID); err != nil {
		return err
	}
	if post.To.IsZero() || post.To.Before(s.today()) {
		return nil
	}
	return s.jobs.InsertTx(ctx, tx, postJob{post.Account, post.ID}, job.Insert{At: post.To.Add(1).Time(), Unique: post.ID})
}

func (s *Service) postOver(ctx context.Context, tx db.Tx, j postJob) error {
	a, err := accountByID(ctx, tx, string(j.Account))
	if err != nil {
		return err
	}
	return s.postChanged(ctx, tx, auth.SystemPrincipal("post"), a)
}

func inPost(field, code string) error {
	var f fault.Form
	f.Add(field, code)
	return f.Err()
}

func (in *PostInput) check() error {
	var f fault.Form
	checkTitle(&f, in.Title)
	checkRoles(&f, in.Roles)
	if !in.To.IsZero() && !in.From.IsZero() && in.To.Before(in.From) {
		f.Add("to", "identity.mandate.to_before")
	}
	return f.Err()
}
