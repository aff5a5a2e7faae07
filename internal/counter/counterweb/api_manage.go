package counterweb

import (
	"context"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
)

// manageAPI registers the operations of administrators and supervisors.
func manageAPI(a *api.API, s *counter.Service) {
	api.Register(a, api.Op{
		Method: http.MethodPost, Path: "/halls", ID: "hall-create", Action: counter.ActionManage,
		Tag: tag, Summary: "Add a hall", Status: http.StatusCreated, MaxBytes: formBytes,
	}, makeHall(s))
	api.Register(a, api.Op{
		Method: http.MethodPut, Path: "/halls/{id}", ID: "hall-change", Action: counter.ActionManage,
		Tag: tag, Summary: "Change a hall; of two who change it at once the second is told", Status: http.StatusNoContent, MaxBytes: formBytes,
	}, changeHall(s))
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/halls/{id}/setup", ID: "hall-setup", Action: counter.ActionManage,
		Tag: tag, Summary: "How a hall is set up: windows with their editions, card readers",
	}, getSetup(s))
	api.Register(a, api.Op{
		Method: http.MethodPost, Path: "/halls/{id}/windows", ID: "window-create", Action: counter.ActionManage,
		Tag: tag, Summary: "Add a window", Status: http.StatusNoContent,
	}, func(ctx context.Context, p auth.Principal, in *windowIn) (*struct{}, error) {
		return nil, s.PutWindow(ctx, p, in.ID, "", in.Body.input())
	})
	api.Register(a, api.Op{
		Method: http.MethodPut, Path: "/halls/{id}/windows/{window}", ID: "window-change", Action: counter.ActionManage,
		Tag: tag, Summary: "Change a window", Status: http.StatusNoContent,
	}, func(ctx context.Context, p auth.Principal, in *windowAtIn) (*struct{}, error) {
		return nil, s.PutWindow(ctx, p, in.ID, in.Window, in.Body.input())
	})
	api.Register(a, api.Op{
		Method: http.MethodPost, Path: "/counter/devices", ID: "device-create", Action: counter.ActionManage,
		Tag: tag, Summary: "Register a card reader at a window; its key is told once", Status: http.StatusCreated,
	}, makeDevice(s))
	api.Register(a, api.Op{
		Method: http.MethodDelete, Path: "/counter/devices/{id}", ID: "device-revoke", Action: counter.ActionManage,
		Tag: tag, Summary: "End the key of a card reader", Status: http.StatusNoContent,
	}, func(ctx context.Context, p auth.Principal, in *byID) (*struct{}, error) {
		return nil, s.RevokeDevice(ctx, p, in.ID)
	})
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/halls/{id}/days/{day}", ID: "hall-day", Action: counter.ActionStatistics,
		Tag: tag, Summary: "What became of the tickets of a day: waited, served, missed",
	}, getDay(s))
}

type hallInBody struct {
	Agency     contract.AgencyID `json:"agency,omitempty" maxLength:"64" doc:"Of a new hall."`
	Name       contract.Text     `json:"name"`
	Address    contract.Text     `json:"address"`
	Hours      contract.Text     `json:"hours"`
	Phone      string            `json:"phone,omitempty" maxLength:"40"`
	Notice     contract.Text     `json:"notice,omitzero"`
	Kinds      []counter.Kind    `json:"kinds" maxItems:"6"`
	Priorities []string          `json:"priorities,omitempty" maxItems:"10"`
	Open       bool              `json:"open"`
	Networks   []string          `json:"networks,omitempty" maxItems:"40" doc:"CIDRs, IPv4 or IPv6, from which tickets may be taken; absent is anywhere."`
	Edition    int               `json:"edition,omitempty" doc:"That was changed."`
}

func (b hallInBody) input() counter.HallInput { return counter.HallInput(b) }

type makeHallIn struct{ Body hallInBody }

type changeHallIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body hallInBody
}

type idOut struct {
	Body struct {
		ID string `json:"id"`
	}
}

func makeHall(s *counter.Service) func(context.Context, auth.Principal, *makeHallIn) (*idOut, error) {
	return func(ctx context.Context, actor auth.Principal, in *makeHallIn) (*idOut, error) {
		id, err := s.MakeHall(ctx, actor, in.Body.input())
		if err != nil {
			return nil, err
		}
		out := &idOut{}
		out.Body.ID = id
		return out, nil
	}
}

func changeHall(s *counter.Service) func(context.Context, auth.Principal, *changeHallIn) (*struct{}, error) {
	return func(ctx context.Context, actor auth.Principal, in *changeHallIn) (*struct{}, error) {
		return nil, s.ChangeHall(ctx, actor, in.ID, in.Body.input())
	}
}

type windowInBody struct {
	Number  string        `json:"number" maxLength:"10"`
	Name    contract.Text `json:"name"`
	Purpose string        `json:"purpose" enum:"general,issue,stuck"`
	Kinds   []string      `json:"kinds" maxItems:"6"`
	Open    bool          `json:"open"`
	Edition int           `json:"edition,omitempty"`
}

func (b windowInBody) input() counter.WindowInput { return counter.WindowInput(b) }

type windowIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body windowInBody
}

type windowAtIn struct {
	ID     string `path:"id" maxLength:"64"`
	Window string `path:"window" maxLength:"64"`
	Body   windowInBody
}

// DeviceBody lets it stand in another body with its fields: what is embedded under a name
// that is not exported is left out of the document.
type DeviceBody = deviceBody

type deviceBody struct {
	ID      string     `json:"id"`
	Window  string     `json:"window"`
	Name    string     `json:"name"`
	Made    time.Time  `json:"made"`
	Revoked *time.Time `json:"revoked,omitempty"`
	Seen    *time.Time `json:"seen,omitempty"`
}

func deviceOf(d counter.Device) deviceBody {
	b := deviceBody{ID: d.ID, Window: d.Window, Name: d.Name, Made: d.Made}
	if !d.Revoked.IsZero() {
		b.Revoked = &d.Revoked
	}
	if !d.Seen.IsZero() {
		b.Seen = &d.Seen
	}
	return b
}

// WindowBody lets a window stand in another body with its fields: what is embedded
// under a name of its own package alone is left out of the document.
type WindowBody = windowInBody

type setupWindow struct {
	ID string `json:"id"`
	WindowBody
}

type setupOut struct {
	Body struct {
		Edition  int           `json:"edition"`
		Networks []string      `json:"networks" doc:"From which tickets may be taken; empty is anywhere."`
		Windows  []setupWindow `json:"windows"`
		Devices  []deviceBody  `json:"devices"`
	}
}

func getSetup(s *counter.Service) func(context.Context, auth.Principal, *byID) (*setupOut, error) {
	return func(ctx context.Context, actor auth.Principal, in *byID) (*setupOut, error) {
		h, windows, devices, err := s.ManagedHall(ctx, actor, in.ID)
		if err != nil {
			return nil, err
		}
		out := &setupOut{}
		out.Body.Edition, out.Body.Windows, out.Body.Devices = h.Edition, []setupWindow{}, []deviceBody{}
		out.Body.Networks = append([]string{}, h.Networks...)
		for _, w := range windows {
			out.Body.Windows = append(out.Body.Windows, setupWindow{w.ID, windowInBody{w.Number, w.Name, w.Purpose, w.Kinds, w.Open, w.Edition}})
		}
		for _, d := range devices {
			out.Body.Devices = append(out.Body.Devices, deviceOf(d))
		}
		return out, nil
	}
}

type makeDeviceIn struct {
	Body struct {
		Window string `json:"window" maxLength:"64"`
		Name   string `json:"name" maxLength:"60"`
	}
}

type makeDeviceOut struct {
	Body struct {
		DeviceBody
		Key string `json:"key" doc:"Sent by the reader as: Authorization: Bearer KEY. It is told once."`
	}
}

func makeDevice(s *counter.Service) func(context.Context, auth.Principal, *makeDeviceIn) (*makeDeviceOut, error) {
	return func(ctx context.Context, actor auth.Principal, in *makeDeviceIn) (*makeDeviceOut, error) {
		d, key, err := s.MakeDevice(ctx, actor, in.Body.Window, in.Body.Name)
		if err != nil {
			return nil, err
		}
		out := &makeDeviceOut{}
		out.Body.DeviceBody, out.Body.Key = deviceOf(d), key
		return out, nil
	}
}

type dayIn struct {
	ID  string `path:"id" maxLength:"64"`
	Day string `path:"day" maxLength:"10" doc:"2026-11-24"`
}

type dayRowBody struct {
	Kind      string `json:"kind"`
	Taken     int    `json:"taken"`
	Served    int    `json:"served"`
	Missed    int    `json:"missed"`
	Cancelled int    `json:"cancelled"`
	Open      int    `json:"open"`
	Waited    int    `json:"waited_seconds" doc:"On average, of those that were begun."`
	Longest   int    `json:"longest_seconds"`
	Service   int    `json:"service_seconds" doc:"On average, of those that ended."`
}

type dayOut struct {
	Body struct {
		Kinds []dayRowBody `json:"kinds"`
	}
}

func getDay(s *counter.Service) func(context.Context, auth.Principal, *dayIn) (*dayOut, error) {
	return func(ctx context.Context, actor auth.Principal, in *dayIn) (*dayOut, error) {
		on, err := day.Parse(in.Day)
		if err != nil {
			return nil, counter.ErrDay
		}
		_, rows, err := s.Day(ctx, actor, in.ID, on)
		if err != nil {
			return nil, err
		}
		out := &dayOut{}
		out.Body.Kinds = []dayRowBody{}
		for _, r := range rows {
			out.Body.Kinds = append(out.Body.Kinds, dayRowBody{
				r.Kind, r.Taken, r.Served, r.Missed, r.Cancelled, r.Open,
				int(r.Waited.Seconds()), int(r.Longest.Seconds()), int(r.Service.Seconds()),
			})
		}
		return out, nil
	}
}
