package licence

import (
	"context"
	"errors"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/job"
)

// watchJob looks at a licence when its end comes near and when it has come.
type watchJob struct {
	Licence contract.LicenceID `json:"licence"`
}

// Kind names the job.
func (watchJob) Kind() string { return "licence.watch" }

// warnings are how many days before the end the holder is told. The renewal must
// be applied for thirty days before (art. 50): the first leaves time for that,
// the last is the last chance.
var warnings = []int{90, 30}

// planWatch plans the next look at a licence after today.
func (s *Service) planWatch(ctx context.Context, tx db.Tx, l Licence) error {
	if l.To == LongTerm {
		return nil
	}
	today := day.In(s.Now())
	looks := []day.Date{}
	for _, n := range warnings {
		looks = append(looks, l.To.Add(-n))
	}
	for _, on := range append(looks, l.To.Add(1)) {
		if on.After(today) {
			return s.Queue.InsertTx(ctx, tx, watchJob{l.ID}, job.Insert{At: on.Time(), Unique: string(l.ID)})
		}
	}
	return nil
}

// watch tells that a licence ends soon, ran out, or counts as renewed.
func (s *Service) watch(ctx context.Context, tx db.Tx, j watchJob) error {
	r, err := byID(ctx, tx, j.Licence)
	if errors.Is(err, ErrNotFound) {
		return job.Dead(err)
	}
	if err != nil {
		return err
	}
	l, today := r.Licence, day.In(s.Now())
	m := event.Meta{Actor: auth.SystemPrincipal("licence-watch"), Subject: l.Holder.ID, Object: "licence:" + string(l.ID)}
	at := s.Now().UTC().Truncate(time.Microsecond)
	switch state := l.StateOn(today); {
	case (state == Expired || state == Deemed) && l.Renewed.IsZero():
		e := contract.LicenceChanged{
			Licence: l.ID, Case: l.Case, Number: l.Number, Identifier: l.Identifier, Holder: l.Holder.ID,
			From: string(Valid), To: string(state), At: at,
		}
		if state == Deemed {
			e.Basis = basisRenew
		}
		return s.Events.Record(ctx, tx, m, e)
	case state == Valid && l.Next == "" && l.Renewal.Case == "":
		e := contract.LicenceExpiring{
			Licence: l.ID, Case: l.Case, Number: l.Number, Name: l.Name, Holder: l.Holder.ID,
			LastDay: l.To.String(), Left: l.To.Sub(today), At: at,
		}
		if err := s.Events.Record(ctx, tx, m, e); err != nil {
			return err
		}
	case state != Valid && state != Suspended && state != Upcoming:
		return nil
	}
	return s.planWatch(ctx, tx, l)
}
