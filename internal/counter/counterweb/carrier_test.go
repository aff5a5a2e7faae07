package counterweb_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/counter/countertest"
	"github.com/tongban/tongban/internal/counter/counterweb"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webhook"
)

// call is a call of a carrier's system, as it goes over the wire.
type call struct {
	carrier, event, waybill, status string
	secret                          string
	at                              time.Time
	tamper                          bool // changed after it was signed
}

func (c call) send(h http.Handler) int {
	body := fmt.Sprintf(`{"id":%q,"waybill":%q,"status":%q,"signer":"周淑芬","at":%q}`, c.event, c.waybill, c.status, c.at.Format(time.RFC3339))
	stamp := strconv.FormatInt(c.at.Unix(), 10)
	signature := webhook.Sign(c.secret, stamp, []byte(body))
	if c.tamper {
		body = strings.Replace(body, "周淑芬", "李四", 1)
	}
	r := httptest.NewRequest(http.MethodPost, api.Prefix+"/carriers/"+c.carrier+"/events", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(webhook.HeaderTimestamp, stamp)
	r.Header.Set(webhook.HeaderSignature, signature)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// sent is a result that was given to a carrier.
func sent(t *testing.T, w *countertest.World, clerk auth.Principal, waybill string) counter.Parcel {
	t.Helper()
	const number = "5116022026112001010000016"
	who := countertest.Account(countertest.Zhou)
	w.Cases.Known[number] = contract.CaseFacts{
		ID: "case-1", Number: number, Applicant: contract.Party{Kind: "person", ID: string(who), Name: "周淑芬"}, Operator: who,
		Ended: true, Delivery: contract.DeliverCourier,
	}
	p, err := w.Shelve(t.Context(), clerk, counter.Shelving{Key: "k1", Number: number, Kind: counter.ParcelLicence, Sheets: 1, Slot: "A-1"})
	if err == nil {
		err = w.Send(t.Context(), clerk, p.ID, "EMS", waybill)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestACarrierTellsOverHTTP: what is signed and new is taken, and nothing else moves
// a parcel.
func TestACarrierTellsOverHTTP(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := countertest.Open(t, d)
		mux := http.NewServeMux()
		a := api.New(api.Config{
			Mux: mux, Policy: w.Engine, Actor: func(*http.Request) (auth.Principal, error) { return auth.Principal{}, nil },
			Locale: web.Locale, Text: web.NewTexts(api.Texts, counterweb.Texts).T, Log: slog.New(slog.DiscardHandler), NewID: id.New, Version: "test",
		})
		counterweb.API(a, w.Service, matters{})
		clerk := countertest.Clerk("yuan")
		p := sent(t, w, clerk, "EA123456789CN")
		state := func() string {
			t.Helper()
			x, err := w.Parcel(t.Context(), clerk, p.ID)
			if err != nil {
				t.Fatal(err)
			}
			return x.State + " " + x.Tracking
		}
		before := state()
		good := call{carrier: "EMS", event: "e1", waybill: "EA123456789CN", status: contract.CarrierMoving, secret: countertest.CarrierSecret, at: w.Now()}
		with := func(change func(*call)) call {
			c := good
			change(&c)
			return c
		}
		for name, x := range map[string]struct {
			call call
			want int
		}{
			"another secret":     {with(func(c *call) { c.secret = "another" }), http.StatusForbidden},
			"no secret":          {with(func(c *call) { c.secret = "" }), http.StatusForbidden},
			"changed on its way": {with(func(c *call) { c.tamper = true }), http.StatusForbidden},
			"too old":            {with(func(c *call) { c.at = c.at.Add(-6 * time.Minute) }), http.StatusForbidden},
			"from tomorrow":      {with(func(c *call) { c.at = c.at.Add(24 * time.Hour) }), http.StatusForbidden},
			"another carrier":    {with(func(c *call) { c.carrier = "SF" }), http.StatusNotFound},
			"another shipment":   {with(func(c *call) { c.waybill = "EA999999999CN" }), http.StatusNotFound},
			"no status we know":  {with(func(c *call) { c.status = "eaten" }), http.StatusUnprocessableEntity},
		} {
			if got := x.call.send(mux); got != x.want {
				t.Errorf("%s: %d, want %d", name, got, x.want)
			}
			if now := state(); now != before {
				t.Fatalf("%s moved the parcel: %q", name, now)
			}
		}
		if got := good.send(mux); got >= 300 {
			t.Fatalf("signed and new: %d", got)
		}
		moved := state()
		if moved == before {
			t.Fatal("what was told is not there")
		}
		// The same id again says nothing, whatever it says now.
		again := with(func(c *call) { c.status = contract.CarrierDelivered })
		if got := again.send(mux); got >= 500 {
			t.Errorf("a replay: %d", got)
		}
		if now := state(); now != moved || len(w.Cases.Delivered) != 0 {
			t.Errorf("a replay moved the parcel: %q", now)
		}
		done := with(func(c *call) { c.event, c.status = "e2", contract.CarrierDelivered })
		if got := done.send(mux); got >= 300 || len(w.Cases.Delivered) != 1 {
			t.Errorf("delivered: %d, %d times", got, len(w.Cases.Delivered))
		}
	}, countertest.Tables()...)
}
