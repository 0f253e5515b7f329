import PortModel

/// The outgoing connections towards each destination of one namespace, and which destinations have series of their own.
///
/// Their number is bounded: when ``most`` have one, a new destination takes the place of one that has been without a socket for a
/// day. Where there is none, it shares the series of the others, until it has ``notable`` sockets at once: then it takes the place of
/// any that has none.
struct DestinationCounts {
    /// The most destinations that have series of their own.
    static let most = 1024
    /// As many sockets at once make a destination notable.
    static let notable = 16
    private static let quiet: Int64 = 86_400_000

    private struct Count {
        var sockets = 0
        /// Sockets on ports that are open and not free for this destination.
        var used = 0
        /// Those of them on even ports.
        var usedEven = 0
        var timeWaits = 0
        /// It has series of its own.
        var isOwn: Bool
        /// When it last lost a socket, on the recorder's clock in milliseconds.
        var left: Int64 = 0
        var holder: Int32 = 0

        /// Ports begin to be used, or cease to be.
        mutating func use(_ port: UInt16, _ change: Int) {
            used += change
            if port.isMultiple(of: 2) { usedEven += change }
        }
    }

    private let namespace: Int
    private var counts: [Destination: Count] = [:]
    private var own = 0
    /// Destinations without series whose last socket has gone in the sample at hand.
    private var emptied: [Destination] = []
    /// Before that there is nobody whose place could be taken.
    private var nextEviction: Int64 = 0
    /// Nobody's place can be taken any more in the sample at hand, or not yet: the sockets of those that had series are still coming
    /// in.
    private var keepsAll = false

    init(namespace: Int) { self.namespace = namespace }

    /// How many even ports are used towards a destination.
    func usedEven(_ destination: Destination) -> Int { counts[destination]?.usedEven ?? 0 }

    private func subject(_ kind: SeriesKind, _ destination: Destination?) -> SeriesSubject {
        SeriesSubject(
            kind, namespace: namespace, localAddress: destination?.local,
            remote: destination.map { Endpoint($0.remote, $0.remotePort) })
    }

    /// Takes in a destination that had series of its own when the recorder ended; its sockets come next. Until all are in, nobody is
    /// given up.
    mutating func restore(_ destination: Destination, clock: Int64) {
        if counts[destination] != nil { return }
        counts[destination] = Count(isOwn: true, left: clock)
        own += 1
        keepsAll = true
    }

    /// A connection came, or is in another state.
    ///
    /// - Parameters:
    ///   - isUsing: its port counts as used.
    ///   - holder: its holder, where that names somebody; else 0.
    ///   - clock: the recorder's clock.
    mutating func insert(
        _ socket: OpenSocket, isNew: Bool, isUsing: Bool, holder: Int32, clock: Int64, into book: inout SeriesBook
    ) {
        let destination = socket.destination
        var count = counts[destination] ?? admit(clock: clock, in: &book)
        let isTimeWait = socket.row.state == .timeWait
        count.sockets += 1
        if isUsing { count.use(socket.row.local.port, 1) }
        if isTimeWait { count.timeWaits += 1 }
        if holder > 0 { count.holder = holder }
        let key = count.isOwn ? destination : nil
        book.add(
            isUsing ? 1 : 0, to: book.begin(subject(.destinationUsed, key)), opened: isNew ? 1 : 0,
            holder: holder)
        if isTimeWait {
            book.add(1, to: book.begin(subject(.destinationTimeWait, key)), opened: 1, holder: holder)
        }
        counts[destination] = count
        if !count.isOwn, count.sockets >= Self.notable { promote(destination, in: &book) }
    }

    /// A connection is in another state, or gone.
    mutating func remove(_ socket: OpenSocket, isGone: Bool, isUsing: Bool, clock: Int64, from book: inout SeriesBook) {
        let destination = socket.destination
        guard var count = counts[destination] else { return }
        let isTimeWait = socket.row.state == .timeWait
        count.sockets -= 1
        if isUsing { count.use(socket.row.local.port, -1) }
        if isTimeWait { count.timeWaits -= 1 }
        count.left = clock
        let key = count.isOwn ? destination : nil
        book.add(isUsing ? -1 : 0, to: book.begin(subject(.destinationUsed, key)), closed: isGone ? 1 : 0)
        if isTimeWait { book.add(-1, to: book.begin(subject(.destinationTimeWait, key)), closed: 1) }
        counts[destination] = count
        if count.sockets == 0, !count.isOwn { emptied.append(destination) }
    }

    /// Another holder is known of a connection.
    func reown(_ socket: OpenSocket, in book: inout SeriesBook) {
        let destination = socket.destination
        if counts[destination]?.isOwn != true { return }
        book.reown(subject(.destinationUsed, destination), socket.holder)
    }

    /// The state of a connection is what it was, and its port counts otherwise than before.
    mutating func use(_ socket: OpenSocket, _ change: Int, in book: inout SeriesBook) {
        let destination = socket.destination
        guard var count = counts[destination] else { return }
        count.use(socket.row.local.port, change)
        counts[destination] = count
        book.add(change, to: book.begin(subject(.destinationUsed, count.isOwn ? destination : nil)))
    }

    /// Ends a sample: what is gone and has no series is forgotten.
    mutating func settle(in book: inout SeriesBook) {
        for destination in emptied {
            guard let count = counts[destination], !count.isOwn, count.sockets == 0 else { continue }
            counts[destination] = nil
            book.add(-1, to: book.begin(subject(.otherDestinations, nil)), closed: 1)
        }
        emptied.removeAll()
        keepsAll = false
    }

    /// Ports have become fewer, for every destination with ports in use.
    func squeeze(in book: inout SeriesBook) {
        for (destination, count) in counts where count.isOwn && count.used > 0 {
            book.squeeze(book.begin(subject(.destinationUsed, destination)))
        }
    }

    // MARK: - Who has series

    private mutating func admit(clock: Int64, in book: inout SeriesBook) -> Count {
        if own < Self.most || (clock >= nextEviction && evict(quietSince: clock - Self.quiet, in: &book)) {
            own += 1
            return Count(isOwn: true)
        }
        nextEviction = max(nextEviction, clock + RollupLevel.minute.milliseconds)
        book.add(1, to: book.begin(subject(.otherDestinations, nil)), opened: 1)
        return Count(isOwn: false)
    }

    /// Gives up the series of a destination without sockets, that of the longest quiet one; false where there is none.
    private mutating func evict(quietSince limit: Int64, in book: inout SeriesBook) -> Bool {
        if keepsAll { return false }
        let kinds = [SeriesKind.destinationUsed, .destinationTimeWait]
        var longest: (destination: Destination, left: Int64)?
        for (destination, count) in counts where count.isOwn && count.sockets == 0 && count.left <= limit {
            if let longest, longest.left <= count.left { continue }
            // What the sample at hand changes has to be written first.
            if kinds.contains(where: { book.isTouched(subject($0, destination)) }) { continue }
            longest = (destination, count.left)
        }
        guard let longest = longest?.destination else {
            // A sample only touches more of them.
            keepsAll = limit == .max
            return false
        }
        for kind in kinds {
            if let index = book.index(of: subject(kind, longest)) { book.end(index) }
        }
        counts[longest] = nil
        own -= 1
        return true
    }

    /// Gives a destination series of its own, into which its sockets move.
    private mutating func promote(_ destination: Destination, in book: inout SeriesBook) {
        guard var count = counts[destination], evict(quietSince: .max, in: &book) else { return }
        move(count, .destinationUsed, count.used, opened: count.sockets, to: destination, in: &book)
        move(count, .destinationTimeWait, count.timeWaits, opened: count.timeWaits, to: destination, in: &book)
        count.isOwn = true
        counts[destination] = count
        own += 1
        book.add(-1, to: book.begin(subject(.otherDestinations, nil)), closed: 1)
    }

    private func move(
        _ count: Count, _ kind: SeriesKind, _ level: Int, opened: Int, to destination: Destination,
        in book: inout SeriesBook
    ) {
        if level == 0, opened == 0 { return }
        book.add(-level, to: book.begin(subject(kind, nil)), closed: opened)
        book.add(level, to: book.begin(subject(kind, destination)), opened: opened, holder: count.holder)
    }
}

extension OpenSocket {
    /// Where it connects to.
    var destination: Destination {
        Destination(local: row.local.address, remote: row.remote.address, remotePort: row.remote.port)
    }
}
