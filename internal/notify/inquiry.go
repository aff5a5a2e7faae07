package notify

import (
	"context"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
)

// onInquiry tells of a site visit, a hearing or a review: when it is, until when one
// may ask, what came of it. Where and about whom stays on the page.
func (s *Service) onInquiry(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.InquiryChanged) error {
	kind := e.Kind + "." + e.Change
	if e.Notify == "" || kinds[kind] == "" {
		return nil
	}
	name, err := s.c.Items.Name(ctx, e.Item)
	if err != nil {
		return err
	}
	slot := strings.ReplaceAll(e.Slot, "-", "–")
	m := Message{
		Kind: kind, Case: e.Case, Number: e.Number, Item: name, Due: e.Day, At: e.At,
		Facts: Facts{Name: contract.Text{ZH: slot, EN: slot}},
	}
	switch e.Kind {
	case "visit":
		m.Place = "/visits/" + e.Inquiry
	case "hearing":
		m.Place = "/hearings/" + e.Inquiry
	}
	return s.tellCase(ctx, tx, rec, m, e.Notify)
}
