package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"okazaki"
	"okazaki/analysis/variant/gene"
	"okazaki/api/beacon"
	"okazaki/format/sniff"
)

// beaconCommand holds what answers GA4GH Beacon requests.
func (a *app) beaconCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "beacon",
		Short:   "Answer GA4GH Beacon questions about VCF files",
		Long:    "Holds the command that answers GA4GH Beacon v2 questions over HTTP.",
		Example: "  okazaki beacon serve cohort.vcf.gz",
	}
	cmd.AddCommand(a.beaconServeCommand())
	choosing(cmd)
	return cmd
}

// A beaconServer is what okazaki beacon serve was asked.
type beaconServer struct {
	vcfs          []string
	genes, listen string
	o             beacon.Options
}

const beaconLong = `Reads VCF files into memory, about 60 bytes an allele, and answers GA4GH Beacon v2
requests about them until it is stopped: whether an allele was seen, in how many
copies, and its record. Each file is a dataset, named after the file. Of samples it
tells only counts.

It listens on this machine alone unless --listen names another address, and then
anyone that reaches the address may ask: put a server with TLS and access control before
it. With --listen 127.0.0.1:0 the system chooses the port; the first line on stdout is the
Beacon's URL. --granularity count keeps it from telling records.`

const beaconExample = `  okazaki beacon serve cohort.vcf.gz
  okazaki beacon serve --genes model.okg --listen 127.0.0.1:5050 --vcf a.vcf.gz --vcf b.vcf.gz
  okazaki beacon serve --granularity count --listen 0.0.0.0:5050 --url https://beacon.example.org cohort.vcf.gz`

func (a *app) beaconServeCommand() *cobra.Command {
	q := &beaconServer{}
	cmd := &cobra.Command{
		Use: "serve [flags] [VCF...]", Short: "Answer GA4GH Beacon v2 requests over HTTP", Long: beaconLong, Example: beaconExample,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			q.vcfs = append(q.vcfs, args...)
			return a.serveBeacon(cmd.Context(), q)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringArrayVar(&q.vcfs, "vcf", nil, "VCF file, plain or compressed (repeatable)")
	fs.StringVar(&q.genes, "genes", "", "genes of okazaki index genes, for questions by gene")
	fs.StringVar(&q.o.Assembly, "assembly", "", "assembly of the files that don't say, such as GRCh38")
	fs.StringVar(&q.listen, "listen", "127.0.0.1:0", "address and port")
	fs.StringVar(&q.o.Granularity, "granularity", "record", "the most that is told: boolean, count or record")
	fs.StringVar(&q.o.URL, "url", "", "public URL, if it is not --listen's")
	fs.StringVar(&q.o.ID, "id", "", "the Beacon's identifier, a reversed domain (default org.okazaki.beacon)")
	fs.StringVar(&q.o.Name, "name", "", "the Beacon's name (default Okazaki Beacon)")
	fs.StringVar(&q.o.Organization, "organization", "", "organization that runs it (default Okazaki)")
	fs.StringVar(&q.o.Environment, "environment", "dev", "the environment it reports: prod, test, staging or dev")
	a.config.tellFlags(fs)
	return cmd
}

func (a *app) serveBeacon(ctx context.Context, q *beaconServer) error {
	if len(q.vcfs) == 0 {
		return &okazaki.Error{Message: "okazaki beacon serve needs a VCF file", Hint: "see okazaki beacon serve --help"}
	}
	var datasets []*beacon.Dataset
	for _, name := range q.vcfs {
		d, err := a.readDataset(ctx, name)
		if err != nil {
			if ctx.Err() != nil {
				return errInterrupted
			}
			return err
		}
		datasets = append(datasets, d)
	}
	if q.genes != "" {
		f, err := openLocal(q.genes, sniff.Genes)
		if err != nil {
			return err
		}
		defer f.Close()
		m, err := gene.Open(q.genes, f)
		if err != nil {
			return err
		}
		defer m.Close()
		if err := q.o.UseGenes(m); err != nil {
			return err
		}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", q.listen)
	if err != nil {
		return &okazaki.Error{Message: fmt.Sprintf("can't listen on %s: %v", q.listen, err), Hint: "give another address with --listen, such as 127.0.0.1:0", Err: err}
	}
	url := "http://" + listener.Addr().String()
	q.o.URL = cmp.Or(strings.TrimSuffix(q.o.URL, "/"), url)
	q.o.Version, q.o.Started = buildVersion().Version, time.Now()
	q.o.Log = slog.New(slog.NewTextHandler(a.err, nil))
	b, err := beacon.New(q.o, datasets...)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	var handler http.Handler = b
	if ip := listener.Addr().(*net.TCPAddr).IP; ip.IsLoopback() {
		handler = ownHost(b)
	} else {
		a.tell.warn("open", "anyone that reaches "+q.listen+" may ask", "listen", q.listen)
	}
	fmt.Fprintln(a.out, url)
	a.tell.say("listening", "listening on "+url, "url", url)
	return serve(ctx, listener, handler, q.o.Log)
}

// readDataset reads one VCF file.
func (a *app) readDataset(ctx context.Context, name string) (*beacon.Dataset, error) {
	f, err := openLocal(name, sniff.VCF)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d, err := beacon.Read(ctx, datasetID(name), name, f, a.config.workers)
	if err != nil {
		return nil, err
	}
	a.tell.say("read", fmt.Sprintf("read %s: %d alleles, %d samples", name, d.Alleles, d.Samples), "file", name, "alleles", d.Alleles, "samples", d.Samples)
	if renamed := d.Renamed(); len(renamed) > 0 {
		a.tell.say("renamed", fmt.Sprintf("contigs of %s that answers call otherwise: %s", name, strings.Join(renamed[:min(5, len(renamed))], ", ")+map[bool]string{true: ", …"}[len(renamed) > 5]), "file", name, "contigs", len(renamed))
	}
	return d, nil
}

// datasetID is a file's name without its folder and endings, in letters that
// need no escape.
func datasetID(name string) string {
	name = filepath.Base(name)
	for _, ending := range []string{".gz", ".bgz", ".zst", ".xz", ".vcf"} {
		name = strings.TrimSuffix(name, ending)
	}
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || strings.ContainsRune("-._", r) {
			return r
		}
		return '_'
	}, name)
}

// ownHost serves only requests that name this machine: a page from elsewhere
// that a browser shows can't ask in its name.
func ownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(strings.Trim(host, "[]")); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this Beacon answers on its own machine alone", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// serve serves requests until ctx ends; then those under way are finished.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler: handler, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(finish); err != nil {
		return errors.Join(err, server.Close())
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}
