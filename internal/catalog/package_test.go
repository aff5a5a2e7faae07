package catalog

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/services"
)

func hygieneFiles(t *testing.T) Files {
	t.Helper()
	sub, err := fs.Sub(services.Files, "public-place-hygiene-new")
	if err != nil {
		t.Fatal(err)
	}
	f, err := ReadFolder(sub)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func packed(t *testing.T, entries map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range entries {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPackagesPackAndUnpack(t *testing.T) {
	t.Parallel()
	f := hygieneFiles(t)
	var b bytes.Buffer
	if err := f.WriteZip(&b); err != nil {
		t.Fatal(err)
	}
	back, err := ReadZip(b.Bytes())
	if err != nil || back.hash() != f.hash() {
		t.Fatalf("%d files came back, want %d; %v", len(back), len(f), err)
	}
}

func TestHostileArchivesAreRefused(t *testing.T) {
	t.Parallel()
	many := map[string]string{"service.yaml": "a: 1"}
	for i := range maxFiles + 1 {
		many["scenarios/s"+strings.Repeat("x", i%50)+string(rune('a'+i%26))+".yaml"] = "name: x"
	}
	tests := []struct {
		name string
		zip  []byte
		want error
	}{
		{"no archive", []byte("PK but not really"), ErrNotZip},
		{"empty", packed(t, nil), ErrNoPackage},
		{"no service", packed(t, map[string]string{"form.yaml": "pages: []"}), ErrNoPackage},
		{"two packages", packed(t, map[string]string{"a/service.yaml": "", "b/service.yaml": ""}), ErrTwo},
		{"a bomb", packed(t, map[string]string{"service.yaml": strings.Repeat("a", maxFileSize+1)}), ErrTooLarge},
		{"a crowd", packed(t, many), ErrTooLarge},
		{"larger than anything", bytes.Repeat([]byte("x"), MaxPackage+1), ErrTooLarge},
		{"no text", packed(t, map[string]string{"service.yaml": "\xff\xfe"}), ErrNoEncoding},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := ReadZip(tt.zip); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
	f, err := ReadZip(packed(t, map[string]string{
		"p/service.yaml": "x: 1", "p/../../etc/passwd": "root", "p/scenarios/../../x.yaml": "x", "p/evil.sh": "rm",
	}))
	if err != nil || len(f) != 1 {
		t.Errorf("%v, %v: only files of a package may come in", f, err)
	}
}

func FuzzReadZip(f *testing.F) {
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, b []byte) {
		files, err := ReadZip(b)
		if err == nil && files[serviceFile] == "" && len(files) == 0 {
			t.Error("an archive without a package came in")
		}
	})
}

func TestDeskEditsAndPublishes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w world) {
		publish(t, w)
		item := hygiene
		files, err := w.Source(t.Context(), manager, item, 1)
		if err != nil || files.hash() != hygieneFiles(t).hash() {
			t.Fatalf("the source of version 1 is not what was shipped: %v", err)
		}
		id, err := w.OpenWorkspace(t.Context(), manager, files)
		if err != nil {
			t.Fatal(err)
		}
		edited := Files{}
		for name, text := range files {
			edited[name] = strings.Replace(text, "promised: 10", "promised: 9", 1)
		}
		if err := w.SaveWorkspace(t.Context(), manager, id, 1, edited); err != nil {
			t.Fatal(err)
		}
		if err := w.SaveWorkspace(t.Context(), manager, id, 1, files); !errors.Is(err, ErrEdited) {
			t.Fatalf("a second editor saves over the first: %v", err)
		}
		if _, _, err := w.PublishWorkspace(t.Context(), manager, id, 1); !errors.Is(err, ErrEdited) {
			t.Fatalf("something else than was seen is published: %v", err)
		}
		e, version, err := w.PublishWorkspace(t.Context(), manager, id, 2)
		if err != nil || version != 2 || !e.Sound() {
			t.Fatalf("version %d, %v, %v", version, e.Problems, err)
		}
		svc, err := w.Current(t.Context(), item)
		if err != nil || svc.Limits.Promised != 9 || svc.Version != 2 {
			t.Fatalf("%+v, %v", svc.Limits, err)
		}
		// The next start brings what it brought before: the desk's version stays.
		publish(t, w)
		if svc, err = w.Current(t.Context(), item); err != nil || svc.Version != 2 {
			t.Fatalf("version %d is in force after a start, want 2; %v", svc.Version, err)
		}
		if _, _, err := w.Workspace(t.Context(), manager, id); !errors.Is(err, ErrNoWorkspace) {
			t.Fatalf("what is published is still worked on: %v", err)
		}
	})
}

func TestBrokenWorkspaceIsKeptAndNotPublished(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w world) {
		id, err := w.OpenWorkspace(t.Context(), manager, Files{serviceFile: "promised: [", formFile: "pages: []"})
		if err != nil {
			t.Fatal(err)
		}
		ws, e, err := w.Workspace(t.Context(), manager, id)
		if err != nil || e.Sound() || ws.Files[serviceFile] != "promised: [" {
			t.Fatalf("%+v, %v", e.Problems, err)
		}
		if _, _, err := w.PublishWorkspace(t.Context(), manager, id, 1); !errors.Is(err, ErrProblems) {
			t.Fatalf("published: %v", err)
		}
		if err := w.DeleteWorkspace(t.Context(), manager, id); err != nil {
			t.Fatal(err)
		}
		for _, p := range []auth.Principal{{Kind: auth.Resident, ID: "r"}, {}} {
			if _, err := w.OpenWorkspace(t.Context(), p, Files{serviceFile: "x"}); err == nil {
				t.Errorf("%s works at the desk", p.Kind)
			}
		}
	})
}

func TestAddedItemsJoinTheCatalogueMarked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w world) {
		files := Files{}
		for name, text := range hygieneFiles(t) {
			text = strings.Replace(text, "item: 511A0015500009-511602000000-000-115113016823646795-1-00", "item: ADDED-511602-test-item\nadded:\n"+
				"  type: \"20\"\n  department: approval\n  why: {zh: 试, en: A test}", 1)
			files[name] = strings.Replace(text, "zh: 公共场所卫生许可新办审批（县级）", "zh: 清单以外的事", 1)
		}
		_, version, err := w.PublishFiles(t.Context(), manager, files)
		if err != nil || version != 1 {
			t.Fatalf("version %d, %v", version, err)
		}
		it, err := w.Item(t.Context(), "ADDED-511602-test-item")
		if err != nil || it.Added == nil || it.Added.Why.EN != "A test" || it.Name != "清单以外的事" {
			t.Fatalf("%+v, %v", it, err)
		}
		res, err := w.Search(t.Context(), Query{Text: "清单以外的事"})
		if err != nil || len(res.Items) == 0 || res.Items[0].ID != it.ID {
			t.Fatalf("an added item is not found: %v", err)
		}
		files[serviceFile] = strings.Replace(files[serviceFile], "department: approval", "department: nowhere", 1)
		if e, _, err := w.PublishFiles(t.Context(), manager, files); !errors.Is(err, ErrProblems) {
			t.Fatalf("a department that is none: %v, %v", e.Problems, err)
		}
	})
}

func TestNewPackagesCanBeTriedAndNotPublished(t *testing.T) {
	t.Parallel()
	files, err := Scaffold("511A0149400000-511602000000-000-115113016823646795-1-00", "")
	if err != nil {
		t.Fatal(err)
	}
	svc, problems := Load(files, check(t))
	if HasErrors(problems) || !unwritten(problems) || svc.Name.ZH != "夜间建筑施工许可" || svc.Agency != "115113016823646795" {
		t.Fatalf("%s of %s: %v", svc.Name.ZH, svc.Agency, problems)
	}
	each(t, func(t *testing.T, w world) {
		if _, _, err := w.PublishFiles(t.Context(), manager, files); !errors.Is(err, ErrProblems) {
			t.Errorf("what is not written is published: %v", err)
		}
	})
	if _, err := Scaffold("ADDED-511602-something", ""); !errors.Is(err, ErrNoItem) {
		t.Errorf("an unknown item without a department: %v", err)
	}
	files, err = Scaffold("ADDED-511602-something", "civil-affairs")
	if err != nil {
		t.Fatal(err)
	}
	if svc, problems = Load(files, check(t)); HasErrors(problems) || svc.Added == nil {
		t.Errorf("an added item: %v", problems)
	}
}
