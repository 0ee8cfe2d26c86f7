package embedded

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// dial serves a handler at a short patience and connects to it.
func dial(t *testing.T, patience time.Duration, handler http.HandlerFunc) net.Conn {
	t.Helper()
	server := httptest.NewServer(paced(handler, patience))
	t.Cleanup(server.Close)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn
}

// announce begins a request whose body does not come.
func announce(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := io.WriteString(conn, "PATCH /twins/d HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
}

// ends checks that the server answers with a status and then closes the connection.
func ends(t *testing.T, conn net.Conn, status int) {
	t.Helper()
	in := bufio.NewReader(conn)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(res.Body); err != nil || res.StatusCode != status {
		t.Errorf("answered %d, %v; want %d", res.StatusCode, err, status)
	}
	_ = res.Body.Close()
	if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("the connection ends with %v", err)
	}
}

// TestABodyThatDoesNotCome: neither who waits for it is held up, nor who does not want it and
// refuses, which anybody without a token can make happen.
func TestABodyThatDoesNotCome(t *testing.T) {
	t.Run("and is read", func(t *testing.T) {
		conn := dial(t, 50*time.Millisecond, func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.ReadAll(r.Body); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("read with %v", err)
			}
			w.WriteHeader(http.StatusBadRequest)
		})
		announce(t, conn)
		ends(t, conn, http.StatusBadRequest)
	})
	t.Run("and is not read", func(t *testing.T) {
		conn := dial(t, 50*time.Millisecond, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
		announce(t, conn)
		ends(t, conn, http.StatusUnauthorized)
	})
}

// TestASlowBodyThatKeepsComing: it may take longer than one piece of it.
func TestASlowBodyThatKeepsComing(t *testing.T) {
	const patience = 300 * time.Millisecond
	want := strings.Repeat("x", 4*paceBytes)
	conn := dial(t, patience, func(w http.ResponseWriter, r *http.Request) {
		got, err := io.ReadAll(r.Body)
		if err != nil || len(got) != len(want) {
			t.Errorf("read %d bytes, %v", len(got), err)
		}
		// What a request waits for besides its body is not the client's doing.
		select {
		case <-r.Context().Done():
			t.Error("the request has been given up")
		case <-time.After(2 * patience):
		}
		_, _ = io.WriteString(w, "fine")
	})
	fmt.Fprintf(conn, "PUT / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", len(want))
	for i := range 4 {
		time.Sleep(patience / 2)
		if _, err := io.WriteString(conn, want[i*paceBytes:(i+1)*paceBytes]); err != nil {
			t.Fatal(err)
		}
	}
	ends(t, conn, http.StatusOK)
}

// TestAnAnswerThatNobodyTakes does not hold the hub's memory for ever.
func TestAnAnswerThatNobodyTakes(t *testing.T) {
	ended := make(chan error, 1)
	conn := dial(t, 50*time.Millisecond, func(w http.ResponseWriter, _ *http.Request) {
		_, err := w.Write(make([]byte, 64<<20))
		ended <- err
	})
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("written with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("it is still being written")
	}
}

// TestPaceOfTheNextRequest: the time of one request is not that of the next on the connection.
func TestPaceOfTheNextRequest(t *testing.T) {
	const patience = 50 * time.Millisecond
	conn := dial(t, patience, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, "there")
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	in := bufio.NewReader(conn)
	for _, request := range []string{"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx", "DELETE / HTTP/1.1\r\nHost: h\r\n\r\n"} {
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.ReadAll(res.Body)
		_ = res.Body.Close()
		time.Sleep(2 * patience)
	}
}
