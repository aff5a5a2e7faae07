package casework

import (
	"errors"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
)

// stamp writes the lines before the file, or cannot read it.
type stamp struct{ broken bool }

func (s stamp) Stamp(_ string, file []byte, lines []string) ([]byte, error) {
	if s.broken {
		return nil, errors.New("cannot be read")
	}
	return append([]byte(strings.Join(lines, "|")+"|"), file...), nil
}

// Whoever handles a case gets copies that say who took them, what for, in which
// case and when; applicants get what they handed in; what cannot be marked is
// handed out all the same, and says so.
func TestCopiesForOfficialsAreMarked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.file(t, "copies", hygiene)
		photo := upload("照片.pdf", "%PDF 1")
		m, err := w.Write(t.Context(), lin, c.ID, Words{Thread: contract.ThreadApplicant, Text: "请看附件", Files: []Upload{photo}})
		must(t, err)
		for _, x := range []struct {
			name     string
			who      auth.Principal
			stamper  Stamper
			marked   bool
			unmarked string
		}{
			{"the applicant", lin, stamp{}, false, ""},
			{"an official", clerk, stamp{}, true, ""},
			{"an official, of what cannot be read", clerk, stamp{broken: true}, false, unmarkedRead},
			{"an official, where nothing can mark", clerk, nil, false, unmarkedOff},
		} {
			w.c.Stamp = x.stamper
			h, body, err := w.MessageFile(t.Context(), x.who, c.ID, m.Files[0].File)
			must(t, err)
			text := readAll(t, body)
			if h.Marked != x.marked || h.Unmarked != x.unmarked || h.Size != int64(len(text)) || h.Blob != m.Files[0].Blob || !strings.HasSuffix(text, "%PDF 1") {
				t.Errorf("%s gets %+v %q", x.name, h, text)
			}
			for _, said := range []string{clerk.Name, c.Number, "2026-11-16"} {
				if strings.Contains(text, said) != x.marked {
					t.Errorf("%s: %q in %q", x.name, said, text)
				}
			}
		}
	})
}
