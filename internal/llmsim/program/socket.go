package program

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
)

// backlog is how many connections may wait to be accepted; the kernel lowers it
// to its own limit.
const backlog = 4096

// Socket is an address that is taken and on which nobody listens yet: clients
// are refused, as they are by an engine that loads its model.
type Socket struct {
	file *os.File
	addr *net.TCPAddr
}

// Bind takes the address of the command line.
func (p *Program) Bind() (*Socket, error) {
	wanted := net.JoinHostPort(p.options.Host, strconv.Itoa(p.options.Port))
	s, err := bind(wanted)
	if err != nil {
		return nil, fmt.Errorf("bind %s: %w", wanted, err)
	}
	return s, nil
}

func bind(wanted string) (*Socket, error) {
	addr, err := net.ResolveTCPAddr("tcp", wanted)
	if err != nil {
		return nil, err
	}
	family, sockaddr := sockaddrOf(addr)
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	syscall.CloseOnExec(fd)
	file := os.NewFile(uintptr(fd), wanted)
	err = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	if err == nil {
		err = syscall.Bind(fd, sockaddr)
	}
	if err == nil {
		sockaddr, err = syscall.Getsockname(fd)
	}
	if err != nil {
		_ = file.Close()
		return nil, os.NewSyscallError("bind", err)
	}
	return &Socket{file: file, addr: portOf(addr, sockaddr)}, nil
}

func sockaddrOf(addr *net.TCPAddr) (family int, out syscall.Sockaddr) {
	if four := addr.IP.To4(); four != nil || addr.IP == nil {
		in := &syscall.SockaddrInet4{Port: addr.Port}
		copy(in.Addr[:], four)
		return syscall.AF_INET, in
	}
	in := &syscall.SockaddrInet6{Port: addr.Port}
	copy(in.Addr[:], addr.IP.To16())
	return syscall.AF_INET6, in
}

// portOf is the address with the port that the kernel chose.
func portOf(addr *net.TCPAddr, bound syscall.Sockaddr) *net.TCPAddr {
	out := *addr
	switch b := bound.(type) {
	case *syscall.SockaddrInet4:
		out.Port = b.Port
	case *syscall.SockaddrInet6:
		out.Port = b.Port
	}
	return &out
}

// Addr is where clients will be served.
func (s *Socket) Addr() net.Addr { return s.addr }

// listen lets clients in. The socket is not to be used after.
func (s *Socket) listen() (net.Listener, error) {
	defer func() { _ = s.file.Close() }() // the listener has its own descriptor
	if err := syscall.Listen(int(s.file.Fd()), backlog); err != nil {
		return nil, fmt.Errorf("listen: %w", os.NewSyscallError("listen", err))
	}
	listener, err := net.FileListener(s.file)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return listener, nil
}

func (s *Socket) close() { _ = s.file.Close() }
