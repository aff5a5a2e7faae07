package inquiryweb

import (
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/inquiry"
	"github.com/tongban/tongban/internal/kit/auth"
)

// No list records who was read in it, so that officials see people masked there.
func TestListsMaskPeople(t *testing.T) {
	t.Parallel()
	person, company := contract.Party{Kind: "person", Name: "周淑芬"}, contract.Party{Kind: "company", Name: "广安区清和美发店"}
	for _, x := range []struct {
		who  auth.Kind
		of   contract.Party
		want string
	}{
		{auth.Staff, person, "周**"},
		{auth.Staff, company, "广安区清和美发店"},
		{auth.Resident, person, "周淑芬"},
	} {
		if got := inList(auth.Principal{Kind: x.who}, inquiry.Head{Applicant: x.of}).Applicant; got != x.want {
			t.Errorf("%s is told %q, want %q", x.who, got, x.want)
		}
	}
}
