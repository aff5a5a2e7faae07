package caseworktest

import (
	"testing"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
)

// The next district: the clerk of a window there, and who supervises.
var (
	Window603     = neighbour("window603", auth.RoleCounter)
	Supervisor603 = neighbour("supervisor603", auth.RoleSupervisor)
)

func neighbour(name string, roles ...string) auth.Principal {
	return auth.Principal{Kind: auth.Staff, ID: name, Name: "岗位 " + name, Roles: roles, Agency: "neighbour", Division: "511603"}
}

// FileNextDoor is a case that the next district took in, with one paper that goes on.
func (w *World) FileNextDoor(t testing.TB, key string) contract.CaseID {
	t.Helper()
	sub := w.Submission(t, key, Hygiene)
	sub.Counter = contract.Counter{
		Session: "s603", Hall: contract.Text{ZH: "前锋区政务服务中心", EN: "Qianfeng hall"}, Window: "3", Clerk: "window604", ClerkName: "岗位 window604",
		Agency: "neighbour", AgencyName: contract.Text{ZH: "前锋区行政审批局", EN: "Qianfeng Approval Bureau"}, Division: "511603", Paper: true,
	}
	c := w.Send(t, sub)
	must(t, w.TakeInPapers(t.Context(), Window603, c, key, []casework.PaperIn{{Material: "plan", Original: true, Sheets: 3}}))
	return c
}
