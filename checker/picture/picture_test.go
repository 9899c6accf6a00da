package picture_test

import (
	"bytes"
	"encoding/xml"
	"flag"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	. "orrery/checker/picture"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files")

// stale is a read of what had been overwritten, in a partition, among operations of all kinds.
func stale() *Page {
	return &Page{
		Title: "h.edn: NOT linearizable as a register", Bad: true,
		Sentence: "c3 read 1, although c2's write of 2 had been acknowledged",
		Notes:    []string{"Put to the test: 6 operations"},
		Bars: []Bar{
			{Lane: "c1", Text: "write x=1", More: "c1 write x=1 [1,2] ok", From: 1, To: 2, Core: true},
			{Lane: "c2", Text: "write x=2", More: "c2 write x=2 [3,6] ok", From: 3, To: 6, Core: true},
			{Lane: "c3", Text: "read x → 1", More: "c3 read x → 1 [8,9] ok", From: 8, To: 9, Core: true},
			{Lane: "c10", Text: "write x=9", More: "c10 write x=9 [4,…] maybe", From: 4, To: 4, Open: true},
			{Lane: "c4", Text: "write x=<4>", More: `c4 write x="<4>" [4,5] fail`, From: 4, To: 5, Failed: true},
		},
		Bands: []Band{{Lane: "leader", Text: "n1 leads", From: 1, To: 4}, {Lane: "leader", Text: "n2 leads", From: 5, To: 9},
			{Lane: "faults", Text: "partition n1 | n2 n3", From: 2, To: 7, Fault: true}},
	}
}

// skew is write skew: two transactions that did not see each other.
func skew() *Page {
	return &Page{Title: "skew", Bad: true, Sentence: "T1 and T2 did not see each other", Graph: &Graph{
		Nodes: []Node{{Name: "T1", Text: []string{"r x [1]", "append y 2"}}, {Name: "T2", Text: []string{"r y [1]", "append x 2"}}},
		Edges: []Edge{{From: 0, To: 1, Kind: "rw", Because: "T1 did not observe T2"}, {From: 1, To: 0, Kind: "rt", Because: "T2 had ended"}}}}
}

func html(t *testing.T, p *Page) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, p.WriteHTML(&b))
	return b.String()
}

func TestPagesAreWhatTheyWere(t *testing.T) {
	for name, p := range map[string]*Page{"stale": stale(), "skew": skew()} {
		path := filepath.Join("testdata", name+".html")
		got := html(t, p)
		if *rewrite {
			require.NoError(t, os.MkdirAll("testdata", 0o755))
			require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), got, "%s: if it should be so, run the test with -rewrite, and look at it", path)
	}
}

// wellFormed reads an SVG as XML.
func wellFormed(t *testing.T, svg string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		_, err := d.Token()
		if err == io.EOF {
			return
		}
		require.NoError(t, err, svg)
	}
}

func TestPicturesAreWellFormedWhateverTheTextsAre(t *testing.T) {
	nasty := "</svg><script>alert('1')</script>\"&\x00\xff\u202e𝄞" + strings.Repeat("long ", 50)
	p := stale()
	p.Title, p.Sentence = nasty, nasty
	for i := range p.Bars {
		p.Bars[i].Text, p.Bars[i].More, p.Bars[i].Lane = nasty, nasty, nasty
	}
	for i := range p.Bands {
		p.Bands[i].Text = nasty
	}
	p.Graph = skew().Graph
	p.Graph.Nodes[0] = Node{Name: nasty, Text: []string{nasty, nasty, nasty, nasty, nasty, nasty, nasty}}
	p.Graph.Edges[0].Because = nasty
	wellFormed(t, p.Timeline())
	wellFormed(t, p.Circle())
	require.NotContains(t, html(t, p), "<script")
}

func TestWhatMattersIsSaidInWordsToo(t *testing.T) {
	text := html(t, stale())
	for _, want := range []string{"c3 read 1, although", "<li><code>c1 write x=1 [1,2] ok</code></li>", "may have taken effect", "had no effect",
		"a fault", "partition n1 | n2 n3", "prefers-color-scheme:dark", "@media print", "stroke-dasharray", `role="img"`} {
		require.Contains(t, text, want)
	}
	require.Less(t, len(text), 20_000)
	require.Contains(t, html(t, skew()), "<code>T1 → T2</code> (rw): T1 did not observe T2")
}

func TestAPageWithoutBarsHasNoPicture(t *testing.T) {
	p := &Page{Title: "h", Verdict: "vacuous"}
	require.Empty(t, p.Timeline())
	require.Empty(t, p.Circle())
	require.NotContains(t, html(t, p), "<svg")
}

func TestCirclesOfAnySizeStayInTheirFrame(t *testing.T) {
	for n := 1; n <= 12; n++ {
		g := &Graph{}
		for i := range n {
			g.Nodes = append(g.Nodes, Node{Name: "T", Text: []string{"append x 1"}})
			g.Edges = append(g.Edges, Edge{From: i, To: (i + 1) % n, Kind: "ww"})
		}
		svg := (&Page{Graph: g}).Circle()
		wellFormed(t, svg)
		require.NotContains(t, svg, `="-`, "%d nodes: something is left of or above the frame", n)
		require.NotContains(t, svg, "NaN")
	}
}

// TestABrowserDrawsThePage takes a picture of a page, and looks whether it has the colours that matter.
func TestABrowserDrawsThePage(t *testing.T) {
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" || testing.Short() {
		t.Skip("no Chromium here, or no time for it")
	}
	dir := t.TempDir()
	page, shot := filepath.Join(dir, "page.html"), filepath.Join(dir, "page.png")
	p := stale()
	p.Graph = skew().Graph
	require.NoError(t, os.WriteFile(page, []byte(html(t, p)), 0o600))
	out, err := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+filepath.Join(dir, "profile"),
		"--window-size=1000,1000", "--screenshot="+shot, "file://"+page).CombinedOutput()
	if err != nil {
		t.Skipf("%s does not run here: %v: %.200s", browser, err, out)
	}
	f, err := os.Open(shot)
	require.NoError(t, err)
	defer f.Close()
	img, err := png.Decode(f)
	require.NoError(t, err)
	core, fault := 0, 0
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			r, g, b, _ := img.At(x, y).RGBA()
			switch [3]uint32{r >> 8, g >> 8, b >> 8} {
			case [3]uint32{0xff, 0xe3, 0xcc}:
				core++
			case [3]uint32{0xf6, 0xe7, 0xae}:
				fault++
			}
		}
	}
	require.Greater(t, core, 3000, "pixels of operations that matter")
	require.Greater(t, fault, 1000, "pixels of faults")
}
