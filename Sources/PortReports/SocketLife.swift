import PortHistory
import PortModel

/// One socket over the samples that were asked for: its intervals (states, owners) joined.
public struct SocketLife: Hashable, Sendable {
    /// The interval seen last: the socket's state and holder at the end.
    public private(set) var newest: SocketInterval
    /// The first sample of the intervals joined; ``PortHistory/SocketInterval/socketFirst`` of ``newest`` may be earlier.
    public private(set) var first: Int
    /// The last sample of the intervals joined.
    public private(set) var last: Int
    /// Whose it was, where that has been looked up already.
    var identity: ProgramIdentity?
    /// The holder of the earliest interval.
    private(set) var firstHolder: Int
    /// The first sample of the newest interval of each holder. Empty in most lives: those of one holder.
    private var begun: [Int: Int] = [:]
    /// The other holders, in the order in which they came. Most lives have none.
    private var moreHolders: [Int] = []
    /// The same as a set: a listener may change hands in every sample.
    private var knownHolders: Set<Int> = []

    /// A life of one interval.
    public init(_ interval: SocketInterval) {
        newest = interval
        firstHolder = interval.holder
        first = interval.first
        last = interval.last
    }

    /// The samples from the first to the last.
    public var samples: ClosedRange<Int> { first...last }
    /// The numbers of all its holders, each once: the newest, then that of the earliest interval, then the others.
    public var holders: [Int] {
        [newest.holder] + ([firstHolder] + moreHolders).filter { $0 != newest.holder }
    }

    /// The same in the order of their last intervals, the newest first.
    public var holdersBackwards: [Int] {
        [newest.holder] + holders.dropFirst().sorted { (begun[$0] ?? 0, $0) > (begun[$1] ?? 0, $1) }
    }

    /// Adds another interval of the same socket, earlier or later.
    public mutating func join(_ interval: SocketInterval) {
        join(SocketLife(interval))
    }

    /// Adds another part of the same socket's life, earlier or later.
    public mutating func join(_ other: SocketLife) {
        identity = nil
        if begun.isEmpty, firstHolder != other.firstHolder || !other.moreHolders.isEmpty {
            begun[newest.holder] = newest.first
        }
        if !begun.isEmpty {
            let others = other.begun.isEmpty ? [other.newest.holder: other.newest.first] : other.begun
            begun.merge(others, uniquingKeysWith: max)
        }
        if other.newest.first > newest.first { newest = other.newest }
        if other.first < first {
            insert(other.firstHolder, isFirst: true)
            first = other.first
        } else {
            insert(other.firstHolder)
        }
        last = max(last, other.last)
        for holder in other.moreHolders { insert(holder) }
    }

    private mutating func insert(_ holder: Int, isFirst: Bool = false) {
        if holder == firstHolder { return }
        let other = isFirst ? firstHolder : holder
        if isFirst {
            firstHolder = holder
            if knownHolders.remove(holder) != nil { moreHolders.removeAll { $0 == holder } }
        }
        if knownHolders.insert(other).inserted { moreHolders.append(other) }
    }
}

/// Joins intervals, as they come in any order, into the lives of the sockets.
///
/// A connection is its four-tuple since its first sample; where nothing else tells two sockets apart (listeners, UDP) the
/// inode does.
public struct SocketLives: Sendable {
    private struct Identity: Hashable {
        var local: Endpoint
        var remote: Endpoint
        var socketFirst: Int
        var inode: UInt64
        var namespace: Int
        var table: SocketTable

        init(_ interval: SocketInterval) {
            local = interval.local
            remote = interval.remote
            socketFirst = interval.socketFirst
            inode = interval.isListener || interval.table.transport == .udp ? interval.inode : 0
            namespace = interval.namespace
            table = interval.table
        }

        /// Of what tells nearly all of them apart.
        func hash(into hasher: inout Hasher) {
            hasher.combine(local.port)
            hasher.combine(remote.port)
            hasher.combine(socketFirst)
            hasher.combine(inode)
        }
    }

    private var indices: [Identity: Int] = [:]
    /// The lives, in the order in which their first interval came.
    public private(set) var lives: [SocketLife] = []

    /// No lives yet.
    public init() {}

    /// The lives of some intervals.
    public init(_ intervals: some Sequence<SocketInterval>) {
        for interval in intervals { insert(interval) }
    }

    /// Adds an interval to its socket's life.
    public mutating func insert(_ interval: SocketInterval) {
        let identity = Identity(interval)
        if let index = indices[identity] {
            lives[index].join(interval)
        } else {
            indices[identity] = lives.count
            lives.append(SocketLife(interval))
        }
    }
}

extension SocketInterval {
    /// The order of a list of sockets, the same every time: protocol, family, local port, local address, peer, inode.
    func isOrdered(before other: SocketInterval) -> Bool {
        if table != other.table { return table.rawValue < other.table.rawValue }
        if local != other.local { return local.isOrdered(before: other.local) }
        if remote != other.remote { return remote.isOrdered(before: other.remote) }
        if inode != other.inode { return inode < other.inode }
        return (namespace, socketFirst, first) < (other.namespace, other.socketFirst, other.first)
    }
}

extension Endpoint {
    /// By port, then by address.
    fileprivate func isOrdered(before other: Endpoint) -> Bool {
        port != other.port ? port < other.port : address < other.address
    }
}
