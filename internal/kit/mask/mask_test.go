package mask_test

import (
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/mask"
)

func TestWhatIsShownOfPersonalData(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind     string
		of       func(string) string
		in, want string
	}{
		{"name", mask.Name, "周淑芬", "周**"},
		{"name", mask.Name, "罗文", "罗*"},
		{"name", mask.Name, "买买提江·吐尔逊", "买**"},
		{"name", mask.Name, "𠮷田一", "𠮷**"},
		{"name", mask.Name, "Ann Lee", "A**"},
		{"name", mask.Name, "李", "*"},
		{"name", mask.Name, "", ""},
		{"number", mask.Number, "51160219800101002X", "511***********002X"},
		{"number", mask.Number, "1234567", "*******"},
		{"number", mask.Number, "", ""},
		{"phone", mask.Phone, "13812348000", "138****8000"},
		{"phone", mask.Phone, "110", "***"},
		{"date", mask.Year, "1980-01-01", "1980******"},
		{"date", mask.Year, "198", "***"},
		{"mail", mask.Email, "lin@demo.example", "l***@demo.example"},
		{"mail", mask.Email, "林@demo.example", "林***@demo.example"},
		{"mail", mask.Email, `"a@b"@demo.example`, `"***@demo.example`},
		{"mail", mask.Email, "somebody", "***"},
		{"mail", mask.Email, "@x", "**"},
		{"mail", mask.Email, "", ""},
		{"address", mask.Address, "四川省广安市广安区清和街18号", "四川省广安市广安区***"},
		{"address", mask.Address, "四川省广安市广安区金色小区5栋", "四川省广安市广安区***"},
		{"address", mask.Address, "四川省广安市华蓥市双河街道", "四川省广安市华蓥市***"},
		{"address", mask.Address, "四川省华蓥市双河街道幸福小区", "四川省华蓥市***"},
		{"address", mask.Address, "四川省凉山彝族自治州西昌市北街2号", "四川省凉山彝族自治州西昌市***"},
		{"address", mask.Address, "北京市东城区和平路1号市场", "北京市东城区***"},
		{"address", mask.Address, "成都市都江堰市幸福镇小区", "成都市都江堰市***"},
		{"address", mask.Address, "内蒙古自治区呼和浩特市新城区成吉思汗大街", "内蒙古自治区呼和浩特市新城区***"},
		{"address", mask.Address, "内蒙古自治区呼伦贝尔市鄂伦春自治旗阿里河镇", "内蒙古自治区呼伦贝尔市鄂伦春自治旗***"},
		{"address", mask.Address, "河北省唐山市路北区新华道", "河北省唐山市路北区***"},
		{"address", mask.Address, "广安区洪州大道128号", "广安区***"},
		{"address", mask.Address, "洪州大道东段128号", "***"},
		{"address", mask.Address, "和平路1号市场", "***"},
		{"address", mask.Address, "", ""},
	} {
		if got := tt.of(tt.in); got != tt.want {
			t.Errorf("%s %q: %q, want %q", tt.kind, tt.in, got, tt.want)
		}
	}
}

// Whatever is typed: the middle of it is not shown.
func FuzzMasks(f *testing.F) {
	f.Add("四川省广安市广安区清和街18号")
	f.Add("@")
	f.Add("\xff省市区")
	f.Fuzz(func(t *testing.T, s string) {
		for _, of := range []func(string) string{mask.Name, mask.Number, mask.Phone, mask.Year, mask.Address} {
			if got := of(s); len(s) > 0 && !strings.Contains(got, "*") {
				t.Errorf("%q is shown as %q", s, got)
			}
		}
		mask.Email(s)
	})
}
