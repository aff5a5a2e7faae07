package calendarweb

import (
	"context"
	"net/http"

	"github.com/tongban/tongban/internal/calendar"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/statute"
)

type yearIn struct {
	Year   int    `path:"year" doc:"2007 to 2100"`
	Region string `query:"region" doc:"division code; empty is the whole country"`
}

type yearOut struct{ Body yearBody }

type yearBody struct {
	Region      string       `json:"region"`
	Year        int          `json:"year"`
	Provisional bool         `json:"provisional" doc:"the State Council's notice of the year is not known"`
	Workdays    int          `json:"workdays"`
	Days        []dayBody    `json:"days" doc:"days that notices name; every other Monday to Friday works"`
	Notices     []noticeBody `json:"notices"`
}

type dayBody struct {
	Date        string `json:"date"`
	Workday     bool   `json:"workday"`
	Reason      string `json:"reason" enum:"workday,makeup,weekend,holiday"`
	Name        string `json:"name,omitempty"`
	Region      string `json:"region,omitempty" doc:"whose table names the day; empty is the country"`
	Provisional bool   `json:"provisional,omitempty"`
}

type noticeBody struct {
	Region string `json:"region,omitempty"`
	Year   int    `json:"year"`
	Source string `json:"source"`
}

type countIn struct {
	From   string `query:"from" required:"true" doc:"day of the event, not counted (2026-09-18)"`
	Days   int    `query:"days" required:"true" doc:"1 to 1000"`
	Region string `query:"region" doc:"division code; empty is the whole country"`
}

type countOut struct{ Body countBody }

type countBody struct {
	From        string    `json:"from"`
	Days        int       `json:"days"`
	Date        string    `json:"date" doc:"the last of the working days"`
	Provisional bool      `json:"provisional"`
	Named       []dayBody `json:"named" doc:"days in between that a notice names"`
}

// API registers the operations of this area.
func API(a *api.API, s *calendar.Service) {
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/calendar/{year}", ID: "calendar-year", Action: calendar.ActionView,
		Tag: "calendar", Summary: "The working days of a year",
	}, func(_ context.Context, _ auth.Principal, in *yearIn) (*yearOut, error) {
		y, err := s.Year(in.Region, in.Year)
		if err != nil {
			return nil, err
		}
		return &yearOut{yearOf(y)}, nil
	})
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/workdays", ID: "workdays-count", Action: calendar.ActionView,
		Tag: "calendar", Summary: "The day that is a number of working days after another",
	}, func(_ context.Context, _ auth.Principal, in *countIn) (*countOut, error) {
		from, err := day.Parse(in.From)
		if err != nil {
			return nil, calendar.ErrDate.With("first", calendar.FirstYear, "last", calendar.LastYear).Wrap(err)
		}
		c, err := s.Count(in.Region, from, in.Days)
		if err != nil {
			return nil, err
		}
		return &countOut{countBody{
			From: c.From.String(), Days: c.Days, Date: c.Date.String(), Provisional: c.Provisional, Named: named(c.Between),
		}}, nil
	})
}

func yearOf(y calendar.YearView) yearBody {
	b := yearBody{
		Region: y.Region, Year: y.Year, Provisional: !y.Known, Workdays: y.Workdays,
		Days: named(y.Days), Notices: []noticeBody{},
	}
	for _, n := range y.Notices {
		b.Notices = append(b.Notices, noticeBody{n.Region, n.Year, n.Source})
	}
	return b
}

// named are the days that are not just a Monday to Friday or a weekend.
func named(days []statute.Day) []dayBody {
	list := []dayBody{}
	for _, d := range days {
		if d.Notice == 0 && d.Reason != statute.ReasonHoliday {
			continue
		}
		list = append(list, dayBody{
			Date: d.Date.String(), Workday: d.Workday, Reason: string(d.Reason), Name: d.Name,
			Region: d.Region, Provisional: d.Provisional,
		})
	}
	return list
}
