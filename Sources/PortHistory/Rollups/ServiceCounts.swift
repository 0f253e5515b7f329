import PortModel

/// Which service has accepted the sockets of each local address and port, and how many stand there.
///
/// The service is that of the listener which covered the address when the first of the sockets came, as the kernel scores them
/// (`compute_score` in net/ipv4/inet_hashtables.c): the address itself, the wildcard of its family, the other wildcard. It stays the
/// same while any of them stands.
struct ServiceCounts {
    private struct Claim: Hashable {
        var namespace: Int16
        var transport: TransportProtocol
        var local: Endpoint
    }

    private struct Count {
        /// The index of the series of its sockets; that of its TIME_WAITs is the next.
        var series: Int
        var sockets = 0
    }

    /// The most services that have a series of their own.
    static let most = 2048

    private var claims: [Claim: Count] = [:]
    private var services = 0

    /// Takes in a service that had series of its own when the recorder ended.
    mutating func restore() { services += 1 }
    /// A service that has no sockets gives its series up.
    mutating func end() { services -= 1 }
    /// Whether most places are taken.
    var isShort: Bool { services > Self.most * 3 / 4 }

    /// A socket was accepted.
    mutating func insert(_ socket: OpenSocket, isNew: Bool, holder: Int32, into book: inout SeriesBook) {
        let claim = Claim(namespace: socket.namespace, transport: socket.row.table.transport, local: socket.row.local)
        var count = claims[claim] ?? Count(series: series(of: claim, in: &book))
        count.sockets += 1
        claims[claim] = count
        book.add(1, to: count.series, opened: isNew ? 1 : 0, holder: holder)
        if socket.row.state == .timeWait {
            book.add(1, to: timeWait(count.series, in: &book), opened: 1, holder: holder)
        }
    }

    /// A socket is in another state, or gone.
    mutating func remove(_ socket: OpenSocket, isGone: Bool, from book: inout SeriesBook) {
        let claim = Claim(namespace: socket.namespace, transport: socket.row.table.transport, local: socket.row.local)
        guard var count = claims[claim] else { return }
        count.sockets -= 1
        claims[claim] = count.sockets > 0 ? count : nil
        book.add(-1, to: count.series, closed: isGone ? 1 : 0)
        if socket.row.state == .timeWait { book.add(-1, to: timeWait(count.series, in: &book), closed: 1) }
    }

    /// Another holder is known of a socket.
    func reown(_ socket: OpenSocket, in book: inout SeriesBook) {
        let claim = Claim(namespace: socket.namespace, transport: socket.row.table.transport, local: socket.row.local)
        if let count = claims[claim] { book.reown(book.meters[count.series].subject, socket.holder) }
    }

    private func timeWait(_ series: Int, in book: inout SeriesBook) -> Int {
        var subject = book.meters[series].subject
        subject = SeriesSubject(
            .serviceTimeWait, namespace: subject.namespace, transport: subject.transport,
            localAddress: subject.localAddress, localPort: subject.localPort)
        return book.begin(subject)
    }

    private mutating func series(of claim: Claim, in book: inout SeriesBook) -> Int {
        func subject(_ kind: SeriesKind, _ address: IPAddress?) -> SeriesSubject {
            SeriesSubject(
                kind, namespace: Int(claim.namespace), transport: claim.transport, localAddress: address,
                localPort: address == nil ? 0 : claim.local.port)
        }
        let own = claim.local.address
        let candidates = [own, .anyIPv4, .anyIPv6].filter { $0 == own || $0 == .anyIPv6 || own.isIPv4 }
        let known = candidates.filter { book.index(of: subject(.listeners, $0)) != nil }
        let listening = known.first { address in
            book.index(of: subject(.listeners, address)).map { book.meters[$0].next > 0 } ?? false
        }
        let service = subject(.serviceSockets, listening ?? known.first ?? own)
        if let index = book.index(of: service) { return index }
        if services >= Self.most { return book.begin(subject(.serviceSockets, nil)) }
        services += 1
        return book.begin(service)
    }
}
