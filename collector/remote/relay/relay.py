import base64, errno, os, socket, stat, sys, threading, time

MOST = 1114112
lock = threading.Lock()
conns = {}


class Limit(Exception):
    pass


class Conn:
    socket = None
    closed = False


def say(*words):
    with lock:
        try:
            sys.stdout.buffer.write(b" ".join(w if isinstance(w, bytes) else str(w).encode() for w in words) + b"\n")
            sys.stdout.buffer.flush()
        except (OSError, ValueError):
            os._exit(1)  # nobody listens any more


def left(till):
    rest = till - time.monotonic()
    if rest <= 0:
        raise Limit("ETIMEDOUT")
    return rest


def reach(conn, network, name, till):
    if network == b"tcp":
        host, _, port = name.decode().rpartition(":")
        conn.socket = socket.create_connection((host.strip("[]"), int(port)), left(till))
        return
    conn.socket = s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    while True:
        s.settimeout(left(till))
        try:
            s.connect(b"\0" + name if network == b"abstract" else name)
            return
        except BlockingIOError:  # its queue is full
            if conn.closed:
                raise Limit("ETIMEDOUT")
            time.sleep(min(0.02, left(till)))
        except ConnectionRefusedError:
            if network == b"unix" and not stat.S_ISSOCK(os.stat(name).st_mode):
                raise Limit("ENOTSOCK")
            raise


def copy(ident, s, till):
    total = 0
    while True:
        s.settimeout(left(till))
        data = s.recv(49152)
        if not data:
            return
        total += len(data)
        if total > MOST:
            raise Limit("EMSGSIZE")
        say("data", ident, base64.b64encode(data))


def outcome(ident, conn, network, name, limit):
    till = time.monotonic() + limit / 1000.0
    try:
        reach(conn, network, name, till)
        if conn.closed:
            raise Limit("ETIMEDOUT")
        say("opened", ident)
        copy(ident, conn.socket, till)
        return ""
    except Limit as e:
        return str(e)
    except socket.timeout:
        return "ETIMEDOUT"
    except socket.gaierror:
        return "UNRESOLVED"
    except OSError as e:
        # python itself refuses a long name, without a number
        return errno.errorcode.get(e.errno, "EIO") if e.errno else "ENAMETOOLONG"
    except Exception:
        return "EIO"
    finally:
        try:
            conn.socket.close()
        except Exception:
            pass


def serve(ident, conn, *rest):
    word = outcome(ident, conn, *rest)
    conns.pop(ident, None)
    if word:
        say("error", ident, word)
    else:
        say("end", ident)


say("relay 1 python3 streams", sys.version.split()[0])
for line in iter(sys.stdin.buffer.readline, b""):
    words = line.split()
    if len(words) < 2:
        continue
    ident = words[1].decode()
    if words[0] == b"open":
        conns[ident] = conn = Conn()
        rest = (words[2], base64.b64decode(words[3]), int(words[4]))
        threading.Thread(target=serve, args=(ident, conn) + rest, daemon=True).start()
    elif ident in conns:
        conn = conns.get(ident)
        try:
            if words[0] == b"write":
                conn.socket.sendall(base64.b64decode(words[2]))
            elif words[0] == b"close":
                conn.closed = True
                conn.socket.shutdown(socket.SHUT_RDWR)
        except Exception:
            pass  # the reader finds out
os._exit(0)
