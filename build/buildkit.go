package build

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	controlapi "github.com/moby/buildkit/api/services/control"
	"github.com/moby/buildkit/identity"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/filesync"
	"github.com/moby/buildkit/util/grpcerrors"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/devloop-dev/devloop/internal/digest"
)

const (
	// The names by which the daemon's Dockerfile frontend asks for folders.
	contextMount    = "context"
	dockerfileMount = "dockerfile"

	// maxMessage bounds a message of the daemon: a status with much output.
	maxMessage = 16 << 20
	// lastWords is how long a build that ended may take to tell its last status.
	lastWords = time.Second
)

// solve makes an image by the BuildKit in the docker daemon: over one hijacked
// connection it is asked for the image, over the other it asks for files.
func (d *Docker) solve(ctx context.Context, j job, progress func(Step)) (Sent, error) {
	ship, err := newShipment(j.src, j.in)
	if err != nil {
		return Sent{}, err
	}
	dockerfile, err := j.dockerfile()
	if err != nil {
		return Sent{}, err
	}
	hidden, err := j.src.hidden()
	if err != nil {
		return Sent{}, err
	}
	s, err := session.NewSession(ctx, sharedKey(j.src))
	if err != nil {
		return Sent{}, fmt.Errorf("image %s: %w", j.src.Name, err)
	}
	name := filepath.Base(j.src.Dockerfile)
	s.Allow(filesync.NewFSSyncProvider(filesync.StaticDirSource{
		contextMount: ship, dockerfileMount: dockerfileFolder(name, dockerfile),
	}))
	if err := hidden.attach(s); err != nil {
		return Sent{}, fmt.Errorf("image %s: %w", j.src.Name, err)
	}
	log := newSolveLog(hidden.mask, progress)
	work, abort := context.WithCancel(ctx)
	defer abort()
	ship.abort = abort
	err = d.converse(work, s, j.request(s.ID(), name), log)
	switch {
	case err == nil:
		sent := ship.sent()
		sent.Took = log.context
		return sent, nil
	case ctx.Err() != nil:
		return ship.sent(), j.cancelled(ctx)
	case ship.failure() != nil:
		return ship.sent(), ship.failure()
	case errors.Is(err, errNoAnswer), grpcerrors.Code(err) == codes.Unavailable:
		return ship.sent(), j.src.wentAway(err)
	}
	return ship.sent(), j.solveFailure(err, log, dockerfile, hidden.mask)
}

// errNoAnswer is a daemon that takes no connection.
var errNoAnswer = errors.New("no connection to docker")

// converse has the daemon work on one request and follows its status.
func (d *Docker) converse(ctx context.Context, s *session.Session, request *controlapi.SolveRequest, log *solveLog) error {
	conn, err := d.engine.DialHijack(ctx, "/grpc", "h2c", nil)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	cc, err := grpc.NewClient("passthrough:///docker", grpc.WithContextDialer(once(conn)),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)),
		grpc.WithUnaryInterceptor(grpcerrors.UnaryClientInterceptor), grpc.WithStreamInterceptor(grpcerrors.StreamClientInterceptor))
	if err != nil {
		conn.Close()
		return err
	}
	defer cc.Close()
	control := controlapi.NewControlClient(cc)

	ctx, end := context.WithCancel(ctx)
	defer end()
	status, endStatus := context.WithCancel(ctx)
	defer endStatus()
	var g errgroup.Group
	g.Go(func() error {
		err := s.Run(ctx, func(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
			return d.engine.DialHijack(ctx, "/session", proto, meta)
		})
		if err != nil {
			end() // the daemon would wait long for a session that never comes
			return fmt.Errorf("%w: %w", errNoAnswer, err)
		}
		return nil
	})
	g.Go(func() error {
		defer endStatus()
		log.follow(status, control, request.Ref)
		return nil
	})
	_, err = control.Solve(ctx, request)
	if err == nil || ctx.Err() == nil {
		patience := time.AfterFunc(lastWords, endStatus)
		defer patience.Stop()
		<-status.Done()
	}
	end()
	s.Close()
	if sessionErr := g.Wait(); sessionErr != nil {
		return sessionErr
	}
	return err
}

// once is a dialer for a connection that exists already.
func once(conn net.Conn) func(context.Context, string) (net.Conn, error) {
	var used atomic.Bool
	return func(context.Context, string) (net.Conn, error) {
		if used.Swap(true) {
			return nil, io.ErrUnexpectedEOF // the daemon closed it
		}
		return conn, nil
	}
}

// request asks for the job by the frontend that is part of the daemon.
func (j job) request(session, dockerfile string) *controlapi.SolveRequest {
	attrs := map[string]string{
		"filename": dockerfile,
		// The base image that is in the daemon is the one whose id went into the tag.
		"image-resolve-mode": "local",
	}
	if j.src.Target != "" {
		attrs["target"] = j.src.Target
	}
	if j.src.Platform != "" {
		attrs["platform"] = j.src.Platform
	}
	for name, value := range j.src.Args {
		attrs["build-arg:"+name] = value
	}
	for name, value := range j.src.labels() {
		attrs["label:"+name] = value
	}
	export := map[string]string{"name": j.ref}
	return &controlapi.SolveRequest{
		Ref: identity.NewID(), Session: session,
		Frontend: "dockerfile.v0", FrontendAttrs: attrs,
		// Daemons before 24 know the deprecated fields alone.
		ExporterDeprecated: "moby", ExporterAttrsDeprecated: export,
		Exporters: []*controlapi.Exporter{{Type: "moby", Attrs: export}},
		Cache:     &controlapi.CacheOptions{},
	}
}

// sharedKey tells the daemon which of the contexts it keeps this one is a newer
// state of.
func sharedKey(src source) string {
	return digest.Of("devloop context", src.Context, src.ignoreFile)
}

// dockerfile is the text to build by, once it is known to be that of the inputs.
func (j job) dockerfile() ([]byte, error) {
	info, err := os.Stat(j.src.Dockerfile)
	if err != nil {
		return nil, fmt.Errorf("image %s: Dockerfile: %w", j.src.Name, err)
	}
	text, err := os.ReadFile(j.src.Dockerfile)
	if err != nil {
		return nil, fmt.Errorf("image %s: Dockerfile: %w", j.src.Name, err)
	}
	sum := contentSum(info.Mode())
	sum.Write(text)
	if hex.EncodeToString(sum.Sum(nil)) != j.in.Files[j.src.key(j.src.Dockerfile)] {
		return nil, fmt.Errorf("image %s: %s: %w", j.src.Name, j.src.Dockerfile, ErrInputsChanged)
	}
	return rewrite(text, j.src.Args, j.src.Bases), nil
}
